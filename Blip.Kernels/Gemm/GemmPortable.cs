using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;
using Sums64 = Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Sums4>>>>;

namespace Blip.Kernels;

/// <summary>
/// Every accelerator; chosen where kernels run on CPU cores. A work-item computes 2 rows of one panel (2 × 64 sums in registers) and
/// needs no barrier: the compiler of a CPU driver makes vectors of the 64 neighbouring sums.
/// </summary>
internal static class GemmPortable
{
    private const int TileRows = 2;

    public static void Run(Device device, in GemmArgs args)
    {
        switch (args.Weights.Format)
        {
            case WeightFormat.Float32: Run<float, Float32Weights>(device, args, args.Weights.Float32); break;
            case WeightFormat.Float16: Run<ushort, Float16Weights>(device, args, args.Weights.Bits16); break;
            case WeightFormat.BFloat16: Run<ushort, BFloat16Weights>(device, args, args.Weights.Bits16); break;
            default: Run<sbyte, Int8Weights>(device, args, args.Weights.Int8); break;
        }
    }

    private static void Run<TStored, TFormat>(Device device, in GemmArgs args, ArrayView<TStored> weights)
        where TStored : unmanaged
        where TFormat : struct, IWeightFormat<TStored>
    {
        var tiles = (long)args.Weights.Panels * ((args.Rows + TileRows - 1) / TileRows);
        var groups = checked((int)((tiles + device.GroupSize - 1) / device.GroupSize));
        device.Load<ArrayView<float>, ArrayView<TStored>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int, int, int>(Kernel<TStored, TFormat>)(
            device.Stream, new KernelConfig(groups, device.GroupSize),
            args.X, weights, device.OrEmpty(args.Weights.Scales), device.OrEmpty(args.Bias), device.OrEmpty(args.Residual), args.Y,
            args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures, (int)args.Activation);
    }

    [Kernel(typeof(float), typeof(Float32Weights)), Kernel(typeof(ushort), typeof(Float16Weights))]
    [Kernel(typeof(ushort), typeof(BFloat16Weights)), Kernel(typeof(sbyte), typeof(Int8Weights))]
    internal static void Kernel<TStored, TFormat>(
        ArrayView<float> x, ArrayView<TStored> weights, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y,
        int rows, int outFeatures, int inFeatures, int activation)
        where TStored : unmanaged
        where TFormat : struct, IWeightFormat<TStored>
    {
        // Tiles of one panel follow each other, so that its weights stay in the cache.
        var tile = ((long)Grid.IdxX * Group.DimX) + Group.IdxX;
        var rowTiles = (rows + TileRows - 1) / TileRows;
        var panel = (int)(tile / rowTiles);
        var row = (int)(tile % rowTiles) * TileRows;
        if (panel * PackedWeights.PanelWidth >= outFeatures)
            return;

        var w = weights.SubView((long)panel * TFormat.PanelLength(inFeatures), TFormat.PanelLength(inFeatures));
        var x0 = x.SubView((long)row * inFeatures, inFeatures);
        var x1 = x.SubView((long)IntrinsicMath.Min(row + 1, rows - 1) * inFeatures, inFeatures);
        // The sums of the chains lie in memory: that many registers are too many for a compiler, and the epilogue is to be compiled once.
        var sums = LocalMemory.Allocate<float>(TileRows * PackedWeights.PanelWidth);
        for (var i = 0; i < TileRows * PackedWeights.PanelWidth; i++)
            sums[i] = 0f;
        for (var first = 0; first < inFeatures; first += Gemm.ChainLength)
        {
            Sums64 block0 = default, block1 = default;
            var end = IntrinsicMath.Min(first + Gemm.ChainLength, inFeatures);
            for (var k = first; k < end; k++)
            {
                var wk = Sums64.Load<TStored, TFormat>(w, k, 0);
                block0 = Sums64.MultiplyAdd(x0[k], wk, block0);
                block1 = Sums64.MultiplyAdd(x1[k], wk, block1);
            }
            Sums64.Accumulate(block0, sums, 0);
            Sums64.Accumulate(block1, sums, PackedWeights.PanelWidth);
        }

        Finish(sums.SubView(0, PackedWeights.PanelWidth), scales, bias, residual, y, row, panel, outFeatures, activation);
        if (row + 1 < rows)
            Finish(sums.SubView(PackedWeights.PanelWidth, PackedWeights.PanelWidth), scales, bias, residual, y, row + 1, panel, outFeatures, activation);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(
        ArrayView<float> sums, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y, int row, int panel, int outFeatures, int activation)
    {
        var first = panel * PackedWeights.PanelWidth;
        var columns = IntrinsicMath.Min(PackedWeights.PanelWidth, outFeatures - first);
        var to = ((long)row * outFeatures) + first;
        for (var j = 0; j < columns; j++)
        {
            var value = sums[j];
            if (scales.Length > 0)
                value *= scales[first + j];
            if (bias.Length > 0)
                value += bias[first + j];
            value = ActivationsPortable.Apply(value, activation);
            if (residual.Length > 0)
                value += residual[to + j];
            y[to + j] = value;
        }
    }
}
