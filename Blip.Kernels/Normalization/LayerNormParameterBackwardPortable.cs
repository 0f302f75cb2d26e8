using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>One group per block of rows; then one work-item per column adds the blocks.</summary>
internal static class LayerNormParameterBackwardPortable
{
    // Sums by parts limit the rounding error.
    private const int Part = 32;

    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dgamma, ArrayView<float> dbeta, ArrayView<float> sums,
        int slices, int blocks, int sliceRows, int width, float eps)
    {
        device.Launch(
            new KernelConfig(checked(slices * blocks), device.GroupSize), new BlockKernel(x, dy, sums, blocks, sliceRows, width, eps));
        device.Launch(
            new KernelConfig((width + device.GroupSize - 1) / device.GroupSize, device.GroupSize),
            new SumKernel(sums, device.OrEmpty(dgamma), device.OrEmpty(dbeta), slices, blocks, width));
    }

    [Kernel]
    internal readonly struct BlockKernel(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> sums, int blocks, int sliceRows, int width, float eps) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var first = Grid.IdxX % blocks * LayerNormParameterBackward.BlockRows;
            var slice = (long)(Grid.IdxX / blocks) * sliceRows;
            var end = slice + IntrinsicMath.Min(first + LayerNormParameterBackward.BlockRows, sliceRows);
            var to = (long)Grid.IdxX * 2 * width;
            for (var c = Group.IdxX; c < 2 * width; c += Group.DimX)
                sums[to + c] = 0f;
            // Work-items share only the zeros.
            Group.Barrier();
            for (var row = slice + first; row < end; row++)
            {
                var at = row * width;
                var mean = Mean(at, 0f, shared);
                // The mean's rounding error.
                var left = Mean(at, mean, shared);
                var scale = 1f / XMath.Sqrt(IntrinsicMath.Max(Square(at, mean, shared) - (left * left), 0f) + eps);
                for (var c = Group.IdxX; c < width; c += Group.DimX)
                {
                    var gradient = dy[at + c];
                    sums[to + c] += gradient * ((x[at + c] - mean - left) * scale);
                    sums[to + width + c] += gradient;
                }
            }
        }

        private float Mean(long at, float shift, ArrayView<float> shared)
        {
            var sum = 0f;
            var stride = Group.DimX * Part;
            for (var start = Group.IdxX; start < width; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, width);
                var part = 0f;
                for (var c = start; c < end; c += Group.DimX)
                    part += x[at + c] - shift;
                sum += part;
            }
            return GroupReduction.Sum(sum, shared) / width;
        }

        private float Square(long at, float mean, ArrayView<float> shared)
        {
            var sum = 0f;
            var stride = Group.DimX * Part;
            for (var start = Group.IdxX; start < width; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, width);
                var part = 0f;
                for (var c = start; c < end; c += Group.DimX)
                    part += (x[at + c] - mean) * (x[at + c] - mean);
                sum += part;
            }
            return GroupReduction.Sum(sum, shared) / width;
        }
    }

    [Kernel]
    internal readonly struct SumKernel(
        ArrayView<float> sums, ArrayView<float> dgamma, ArrayView<float> dbeta, int slices, int blocks, int width) : IDeviceKernel
    {
        public void Run()
        {
            var c = (Grid.IdxX * Group.DimX) + Group.IdxX;
            if (c >= width)
                return;
            for (var slice = 0; slice < slices; slice++)
            {
                var (gamma, beta) = (0f, 0f);
                for (var block = 0; block < blocks; block++)
                {
                    var from = (((((long)slice * blocks) + block) * 2) * width) + c;
                    gamma += sums[from];
                    beta += sums[from + width];
                }
                if (dgamma.Length > 0)
                    dgamma[c] += gamma;
                if (dbeta.Length > 0)
                    dbeta[c] += beta;
            }
        }
    }
}
