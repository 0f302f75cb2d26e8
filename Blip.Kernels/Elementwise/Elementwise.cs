using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Sums of tensors that no operator took as its residual, and constant buffers.</summary>
/// <remarks>Variants: <see cref="ElementwiseSimd"/> (CPU), a portable kernel.</remarks>
public static class Elementwise
{
    /// <summary>y = a + b for each element; y may be a or b.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="a">[count].</param>
    /// <param name="b">[count].</param>
    /// <param name="y">[count].</param>
    /// <param name="count">Elements, at least 0.</param>
    /// <exception cref="ArgumentException">A view is too short.</exception>
    public static void Add(Device device, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, long count)
    {
        ShapeCheck.Within(count, 0, long.MaxValue, nameof(count));
        ShapeCheck.Holds(a, count, nameof(a), "[count]");
        ShapeCheck.Holds(b, count, nameof(b), "[count]");
        ShapeCheck.Holds(y, count, nameof(y), "[count]");
        if (count == 0)
            return;
        if (!device.RunsPortable)
        {
            device.LaunchVectors(new ElementwiseSimd(a, b, y, count));
            return;
        }
        var perItem = ElementsPerItem(device);
        device.Launch(Launch(device, count, perItem), new AddKernel(a, b, y, count, perItem));
    }

    /// <summary>y = value for each element; it zeroes gradient buffers.</summary>
    /// <param name="device">The view's device.</param>
    /// <param name="y">[count].</param>
    /// <param name="count">Elements, at least 0.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The view is too short.</exception>
    public static void Fill(Device device, ArrayView<float> y, long count, float value = 0)
    {
        ShapeCheck.Within(count, 0, long.MaxValue, nameof(count));
        ShapeCheck.Holds(y, count, nameof(y), "[count]");
        if (count == 0)
            return;
        if (!device.RunsPortable)
        {
            device.Launch(new FillCpu(y, count, value));
            return;
        }
        var perItem = ElementsPerItem(device);
        device.Launch(Launch(device, count, perItem), new FillKernel(y, count, value, perItem));
    }

    /// <summary>
    /// Contiguous elements per work-item. On a processor a group costs as much as dozens of them; a GPU needs coalesced access.
    /// </summary>
    internal static int ElementsPerItem(Device device) => device.GroupSize == 1 ? 4096 : 1;

    internal static KernelConfig Launch(Device device, long count, int perItem)
    {
        var perGroup = (long)device.GroupSize * perItem;
        return new KernelConfig(checked((int)((count + perGroup - 1) / perGroup)), device.GroupSize);
    }

    [Kernel]
    internal readonly struct AddKernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, long count, int perItem) : IDeviceKernel
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            for (var i = first; i < end; i++)
                y[i] = a[i] + b[i];
        }
    }

    [Kernel]
    internal readonly struct FillKernel(ArrayView<float> y, long count, float value, int perItem) : IDeviceKernel
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            for (var i = first; i < end; i++)
                y[i] = value;
        }
    }
}
