using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Tests.Cases;

namespace Blip.Bench.Operators;

/// <summary>Layer normalisation, and rows of length one.</summary>
internal static class NormalizationBench
{
    private const float L2Eps = 1e-12f;

    // Mean; differences, squares and their sums; subtraction, scale and shift.
    private const double LayerNormFlops = 9;

    // A square, its sum, a division.
    private const double L2Flops = 3;

    public static IEnumerable<KernelCase> LayerNorms(bool odd) => Tests(odd).Select(test => new KernelCase(
        $"{test.Rows} x {test.Width}{(test.Residual ? " with residual" : "")}{Values(test)}, eps {test.Eps:g}",
        target =>
        {
            var device = target.Device;
            var (x, residual, gamma, beta) = test.Make();
            var xs = device.Upload<float>(x);
            var residuals = device.Upload<float>(residual ?? []);
            var gammas = device.Upload<float>(gamma);
            var betas = device.Upload<float>(beta);
            var y = device.Allocate<float>(x.Length);
            return new PreparedCase
            {
                Run = KernelCase.Finished(
                    device, () => LayerNorm.Run(device, xs.View, residuals.View, gammas.View, betas.View, y.View, test.Rows, test.Width, test.Eps)),
                Verify = () => test.LayerNormError(x, residual, gamma, beta, y.ToArray()).Error,
                Flops = LayerNormFlops * x.Length,
                Bytes = test.Bytes,
                Owned = [xs, residuals, gammas, betas, y],
            };
        }));

    public static IEnumerable<KernelCase> L2Normalizations(bool odd) => Tests(odd).Where(test => !test.Residual).Select(test => new KernelCase(
        $"{test.Rows} x {test.Width}{Values(test)}",
        target =>
        {
            var device = target.Device;
            var x = test.Make().X;
            var xs = device.Upload<float>(x);
            var y = device.Allocate<float>(x.Length);
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => L2Normalize.Run(device, xs.View, y.View, test.Rows, test.Width, L2Eps)),
                Verify = () => test.L2NormalizeError(x, L2Eps, y.ToArray()).Error,
                Flops = L2Flops * x.Length,
                Bytes = test.Bytes,
                Owned = [xs, y],
            };
        }));

    private static IEnumerable<NormalizationCase> Tests(bool odd) => NormalizationCases.Real.Concat(odd ? NormalizationCases.Small : []);

    private static string Values(NormalizationCase test) => test.Values == RowValues.Usual ? "" : $" {test.Values}";
}
