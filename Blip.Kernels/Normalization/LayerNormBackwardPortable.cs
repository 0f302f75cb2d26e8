using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>The variance is computed as in <see cref="LayerNormPortable"/>.</summary>
internal static class LayerNormBackwardPortable
{
    // Blockwise sums limit the rounding error.
    private const int Block = 32;

    public static void Run(Device device, ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> dy, ArrayView<float> dx, int rows,
        int width, float eps) =>
        device.Launch(new KernelConfig(rows, device.GroupSize), new Kernel(x, gamma, dy, dx, width, eps));

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> dy, ArrayView<float> dx, int width, float eps) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var row = (long)Grid.IdxX * width;
            var stride = Group.DimX * Block;

            var sum = 0f;
            for (var start = Group.IdxX; start < width; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, width);
                var block = 0f;
                for (var c = start; c < end; c += Group.DimX)
                    block += x[row + c];
                sum += block;
            }
            var mean = GroupReduction.Sum(sum, shared) / width;

            var squares = 0f;
            var left = 0f;
            var gradients = 0f;
            for (var start = Group.IdxX; start < width; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, width);
                var blockSquares = 0f;
                var blockLeft = 0f;
                var blockGradients = 0f;
                for (var c = start; c < end; c += Group.DimX)
                {
                    var difference = x[row + c] - mean;
                    blockSquares += difference * difference;
                    blockLeft += difference;
                    blockGradients += dy[row + c] * gamma[c];
                }
                squares += blockSquares;
                left += blockLeft;
                gradients += blockGradients;
            }
            left = GroupReduction.Sum(left, shared) / width;
            var variance = IntrinsicMath.Max((GroupReduction.Sum(squares, shared) / width) - (left * left), 0f);
            var scale = 1f / XMath.Sqrt(variance + eps);
            var meanGradient = GroupReduction.Sum(gradients, shared) / width;

            var products = 0f;
            for (var start = Group.IdxX; start < width; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, width);
                var block = 0f;
                for (var c = start; c < end; c += Group.DimX)
                    block += ((dy[row + c] * gamma[c]) - meanGradient) * ((x[row + c] - mean - left) * scale);
                products += block;
            }
            // The mean of x̂ is 0, so the gradient's mean may be subtracted before the product. This avoids cancellation.
            var meanProduct = GroupReduction.Sum(products, shared) / width;

            for (var c = Group.IdxX; c < width; c += Group.DimX)
                dx[row + c] = ((dy[row + c] * gamma[c]) - meanGradient - ((x[row + c] - mean - left) * scale * meanProduct)) * scale;
        }
    }
}
