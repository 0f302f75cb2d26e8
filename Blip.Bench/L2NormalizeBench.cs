using Blip.Kernels;
using Blip.Tests.Cases;

namespace Blip.Bench;

/// <summary>Rows of length one: every case that is a model's own.</summary>
internal static class L2NormalizeBench
{
    private const float Eps = 1e-12f;

    // A square, its sum, a division.
    private const double FlopsPerElement = 3;

    public static IEnumerable<KernelBench.Entry> Entries(Device device, Func<string, bool> chosen)
    {
        foreach (var test in NormalizationCases.Real.Where(test => !test.Residual && chosen(test.ToString())))
        {
            var x = test.Make().X;
            var xs = device.Upload<float>(x);
            var y = device.Allocate<float>(x.Length);
            yield return new KernelBench.Entry(
                $"{test.Rows} x {test.Width}", KernelBench.Variant(device, "simd"), FlopsPerElement * x.Length, test.Bytes,
                () => L2Normalize.Run(device, xs.View, y.View, test.Rows, test.Width, Eps),
                () => test.L2NormalizeError(x, Eps, y.ToArray()).Error,
                () => KernelBench.Dispose(xs, y));
        }
    }
}
