using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Bench.Operators;

/// <summary>Activations as kernels of their own, and sums.</summary>
internal static class ElementwiseBench
{
    public static IEnumerable<KernelCase> Activations(bool odd) =>
        (odd ? ElementwiseCases.Activations : ElementwiseCases.RealActivations).Select(test => new KernelCase($"{test.Kind} of {test.Count}", target =>
        {
            var device = target.Device;
            var values = test.Make();
            var x = device.Upload<float>(values);
            var y = device.Allocate<float>(values.Length);
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => Blip.Kernels.Activations.Run(device, x.View, y.View, values.Length, test.Kind)),
                Verify = () => test.Error(values, y.ToArray()).Error,
                Bytes = 2.0 * sizeof(float) * values.Length,
                Owned = [x, y],
            };
        }));

    public static IEnumerable<KernelCase> Sums(bool odd) => (odd ? ElementwiseCases.Sums : ElementwiseCases.RealSums).Select(count => new KernelCase($"sum of {count}", target =>
    {
        var device = target.Device;
        var (left, right) = ElementwiseCases.Terms(count);
        var a = device.Upload<float>(left);
        var b = device.Upload<float>(right);
        var y = device.Allocate<float>(count);
        return new PreparedCase
        {
            Run = KernelCase.Finished(device, () => Elementwise.Add(device, a.View, b.View, y.View, count)),
            Verify = () => PreparedCase.Exact(ElementwiseReference.Add(left, right).Select(sum => (float)sum), y.ToArray()),
            Flops = count,
            Bytes = 3.0 * sizeof(float) * count,
            Owned = [a, b, y],
        };
    }));
}
