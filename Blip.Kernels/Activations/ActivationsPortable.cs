using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

internal static class ActivationsPortable
{
    public static void Run<TActivation>(Device device, ArrayView<float> x, ArrayView<float> y, long count)
        where TActivation : struct, IActivation
    {
        var perItem = Elementwise.ElementsPerItem(device);
        device.Launch(Elementwise.Launch(device, count, perItem), new Kernel<TActivation>(x, y, count, perItem));
    }

    // Identity is a copy and needs no kernel.
    [Kernel(Each = typeof(IActivation), Except = typeof(Identity))]
    internal readonly struct Kernel<TActivation>(ArrayView<float> x, ArrayView<float> y, long count, int perItem) : IDeviceKernel
        where TActivation : struct, IActivation
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            for (var i = first; i < end; i++)
                y[i] = TActivation.Apply(new Scalar(x[i])).Value;
        }
    }
}
