using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>One work-item per element of A or B sums a column or row of the gradient.</summary>
internal static class LowRankGradientPortable
{
    public static void Run(Device device, in LowRankGradientArgs args)
    {
        device.Launch(
            Elementwise.Launch(device, (long)args.Rank * args.OutFeatures, perItem: 1),
            new UpKernel(
                args.Gradient, args.Down, args.UpGradient, args.InFeatures, args.OutFeatures, args.Columns, args.FirstColumn, args.Rank,
                args.Scale));
        device.Launch(
            Elementwise.Launch(device, (long)args.Rank * args.InFeatures, perItem: 1),
            new DownKernel(
                args.Gradient, args.Up, args.DownGradient, args.InFeatures, args.OutFeatures, args.Columns, args.FirstColumn, args.Rank,
                args.Scale));
    }

    [Kernel]
    internal readonly struct UpKernel(
        ArrayView<float> gradient, ArrayView<float> down, ArrayView<float> upGradient, int inFeatures, int outFeatures, int columns,
        int firstColumn, int rank, float scale) : IDeviceKernel
    {
        public void Run()
        {
            var element = ((long)Grid.IdxX * Group.DimX) + Group.IdxX;
            if (element >= (long)rank * outFeatures)
                return;
            // Coalesced: neighbours read neighbouring columns.
            var (row, output) = ((int)(element / outFeatures), (int)(element % outFeatures));
            var sum = 0f;
            for (var input = 0; input < inFeatures; input++)
                sum += down[((long)row * inFeatures) + input] * gradient[((long)input * columns) + firstColumn + output];
            upGradient[element] = sum * scale;
        }
    }

    [Kernel]
    internal readonly struct DownKernel(
        ArrayView<float> gradient, ArrayView<float> up, ArrayView<float> downGradient, int inFeatures, int outFeatures, int columns,
        int firstColumn, int rank, float scale) : IDeviceKernel
    {
        public void Run()
        {
            var item = ((long)Grid.IdxX * Group.DimX) + Group.IdxX;
            if (item >= (long)rank * inFeatures)
                return;
            var (input, row) = ((int)(item / rank), (int)(item % rank));
            var sum = 0f;
            for (var output = 0; output < outFeatures; output++)
                sum += up[((long)row * outFeatures) + output] * gradient[((long)input * columns) + firstColumn + output];
            downGradient[((long)row * inFeatures) + input] = sum * scale;
        }
    }
}
