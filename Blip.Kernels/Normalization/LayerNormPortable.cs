using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// A second pass takes the variance about the mean, corrected by the mean's rounding error (Chan, Golub, LeVeque 1983, eq. 1.7). So rows
/// far from zero with little spread stay accurate.
/// </summary>
internal static class LayerNormPortable
{
    // Blockwise sums limit the rounding error.
    private const int Block = 32;

    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y,
        int rows, int width, float eps) =>
        device.Launch(new KernelConfig(rows, device.GroupSize), new Kernel(x, residual, gamma, beta, y, width, eps));

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y, int width,
            float eps) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var row = (long)Grid.IdxX * width;
            var hasResidual = residual.Length > 0;
            var stride = Group.DimX * Block;

            var sum = 0f;
            for (var start = Group.IdxX; start < width; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, width);
                var block = 0f;
                for (var c = start; c < end; c += Group.DimX)
                    block += Value(x, residual, hasResidual, row + c);
                sum += block;
            }
            var mean = GroupReduction.Sum(sum, shared) / width;

            var squares = 0f;
            var left = 0f;
            for (var start = Group.IdxX; start < width; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, width);
                var blockSquares = 0f;
                var blockLeft = 0f;
                for (var c = start; c < end; c += Group.DimX)
                {
                    var difference = Value(x, residual, hasResidual, row + c) - mean;
                    blockSquares += difference * difference;
                    blockLeft += difference;
                }
                squares += blockSquares;
                left += blockLeft;
            }
            left = GroupReduction.Sum(left, shared) / width;
            var variance = IntrinsicMath.Max((GroupReduction.Sum(squares, shared) / width) - (left * left), 0f);
            var scale = 1f / XMath.Sqrt(variance + eps);

            for (var c = Group.IdxX; c < width; c += Group.DimX)
                y[row + c] = ((Value(x, residual, hasResidual, row + c) - mean - left) * scale * gamma[c]) + beta[c];
        }
    }

    private static float Value(ArrayView<float> x, ArrayView<float> residual, bool hasResidual, long index) =>
        hasResidual ? x[index] + residual[index] : x[index];
}
