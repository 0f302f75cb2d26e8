using Blip.Kernels;
using Blip.Tests.Cases;

namespace Blip.Bench;

/// <summary>Activations as kernels of their own, and sums: every case that is a model's own.</summary>
internal static class ElementwiseBench
{
    public static IEnumerable<KernelBench.Entry> Activations(Device device, Func<string, bool> chosen)
    {
        foreach (var test in ElementwiseCases.RealActivations.Where(test => chosen(test.ToString())))
        {
            var values = test.Make();
            var x = device.Upload<float>(values);
            var y = device.Allocate<float>(values.Length);
            yield return new KernelBench.Entry(
                $"{test.Kind} of {test.Count}", KernelBench.Variant(device, "simd"), 0, 2.0 * sizeof(float) * values.Length,
                () => Kernels.Activations.Run(device, x.View, y.View, values.Length, test.Kind),
                () => test.Error(values, y.ToArray()).Error,
                () => KernelBench.Dispose(x, y));
        }
    }

    public static IEnumerable<KernelBench.Entry> Sums(Device device, Func<string, bool> chosen)
    {
        foreach (var count in ElementwiseCases.RealSums.Where(count => chosen($"sum of {count}")))
        {
            var (left, right) = ElementwiseCases.Terms(count);
            var a = device.Upload<float>(left);
            var b = device.Upload<float>(right);
            var y = device.Allocate<float>(count);
            yield return new KernelBench.Entry(
                $"sum of {count}", KernelBench.Variant(device, "simd"), count, 3.0 * sizeof(float) * count,
                () => Elementwise.Add(device, a.View, b.View, y.View, count),
                () => KernelBench.Exact(ElementwiseReference.Add(left, right).Select(sum => (float)sum), y.ToArray()),
                () => KernelBench.Dispose(a, b, y));
        }
    }
}
