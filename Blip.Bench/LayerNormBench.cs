using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;

namespace Blip.Bench;

/// <summary>Layer normalisation: every case that is a model's own.</summary>
internal static class LayerNormBench
{
    // Mean; differences, squares and their sums; subtraction, scale and shift.
    private const double FlopsPerElement = 9;

    public static IEnumerable<KernelBench.Entry> Entries(Device device, Func<string, bool> chosen)
    {
        foreach (var test in NormalizationCases.Real.Where(test => chosen(test.ToString())))
        {
            var (x, residual, gamma, beta) = test.Make();
            var xs = device.Upload<float>(x);
            var residuals = device.Upload<float>(residual ?? []);
            var gammas = device.Upload<float>(gamma);
            var betas = device.Upload<float>(beta);
            var y = device.Allocate<float>(x.Length);
            yield return new KernelBench.Entry(
                $"{test.Rows} x {test.Width}{(test.Residual ? " with residual" : "")}", device.Kind == DeviceKind.Cpu ? "simd" : "portable",
                FlopsPerElement * x.Length, test.Bytes,
                () => LayerNorm.Run(device, xs.View, residuals.View, gammas.View, betas.View, y.View, test.Rows, test.Width, test.Eps),
                () => test.LayerNormError(x, residual, gamma, beta, y.ToArray()).Error,
                () =>
                {
                    foreach (var owned in new[] { xs, residuals, gammas, betas, y })
                        owned.Dispose();
                });
        }
    }
}
