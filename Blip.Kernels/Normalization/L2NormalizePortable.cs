using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>One group per row. Dividing by its largest magnitude first prevents overflow and underflow of squares.</summary>
internal static class L2NormalizePortable
{
    private const int Block = 32;

    public static void Run(Device device, ArrayView<float> x, ArrayView<float> y, int rows, int width, float eps) =>
        device.Launch(new KernelConfig(rows, device.GroupSize), new Kernel(x, y, width, eps));

    [Kernel]
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, int width, float eps) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var row = (long)Grid.IdxX * width;

            var largest = 0f;
            for (var c = Group.IdxX; c < width; c += Group.DimX)
                largest = IntrinsicMath.Max(largest, IntrinsicMath.Abs(x[row + c]));
            largest = GroupReduction.Max(largest, shared);
            // A row of zeros stays zero.
            var unit = largest > 0f ? largest : 1f;

            var stride = Group.DimX * Block;
            var sum = 0f;
            for (var start = Group.IdxX; start < width; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, width);
                var block = 0f;
                for (var c = start; c < end; c += Group.DimX)
                {
                    var value = x[row + c] / unit;
                    block += value * value;
                }
                sum += block;
            }
            var length = XMath.Sqrt(GroupReduction.Sum(sum, shared)) * unit;
            var divisor = IntrinsicMath.Max(length, eps);

            for (var c = Group.IdxX; c < width; c += Group.DimX)
                y[row + c] = x[row + c] / divisor;
        }
    }
}
