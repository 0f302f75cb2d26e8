using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Activations on every accelerator, one work-item per element, or on a processor per piece.</summary>
internal static class ActivationsPortable
{
    public static void Run<TActivation>(Device device, ArrayView<float> x, ArrayView<float> y, long count)
        where TActivation : struct, IActivation
    {
        var perItem = Elementwise.ElementsPerItem(device);
        device.Load<ArrayView<float>, ArrayView<float>, long, int>(Kernel<TActivation>)(
            device.Stream, Elementwise.Launch(device, count, perItem), x, y, count, perItem);
    }

    // No activation is a copy, which needs no kernel.
    [Kernel(Each = typeof(IActivation), Except = typeof(Identity))]
    internal static void Kernel<TActivation>(ArrayView<float> x, ArrayView<float> y, long count, int perItem)
        where TActivation : struct, IActivation
    {
        var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
        var end = IntrinsicMath.Min(first + perItem, count);
        for (var i = first; i < end; i++)
            y[i] = TActivation.Apply(new Scalar(x[i])).Value;
    }
}
