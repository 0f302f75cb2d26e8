using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// Transposes the inputs once. A task then keeps a block of the gradient, some rows of 64 columns, in the cache for all slices:
/// the gradient is read and written once.
/// </summary>
internal readonly unsafe struct GemmWeightBackwardSimd : IVectorOperator
{
    private const int Width = PackedWeights.PanelWidth, TileRows = GemmTiles.Rows, MaxBlockRows = 144, Depth = Gemm.ChainLength;

    private readonly float* turned, dy, dw, db;
    private readonly int rows, sliceRows, inFeatures, outFeatures, blocks, blockRows;
    private readonly DType precision;

    private GemmWeightBackwardSimd(in GemmWeightBackwardArgs args, float* turned)
    {
        this.turned = turned;
        dy = Cpu.Pointer(args.OutputGradient);
        dw = Cpu.Pointer(args.WeightGradient);
        db = Cpu.Pointer(args.BiasGradient);
        (rows, sliceRows, inFeatures, outFeatures) = (args.Rows, args.SliceRows, args.InFeatures, args.OutFeatures);
        precision = args.Precision;
        blockRows = RowBlocks.Size(inFeatures, MaxBlockRows, TileRows);
        blocks = (inFeatures + blockRows - 1) / blockRows;
        Tasks = checked(blocks * ((outFeatures + Width - 1) / Width));
    }

    public int Tasks { get; }

    public static void Run(Device device, in GemmWeightBackwardArgs args)
    {
        var turned = Cpu.Pointer(device.Scratch((long)args.Rows * args.InFeatures * sizeof(float)).Cast<float>());
        using var batch = device.BeginBatch();
        device.Launch(new TransposeRows(Cpu.Pointer(args.X), args.Rows, args.InFeatures, turned));
        device.LaunchVectors(new GemmWeightBackwardSimd(args, turned));
    }

    // Neighbouring tasks have the same columns, so that their output gradients stay in the cache.
    [SkipLocalsInit]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var (column, first) = (task / blocks * Width, task % blocks * blockRows);
        var (columns, count) = (Math.Min(Width, outFeatures - column), Math.Min(blockRows, inFeatures - first));
        var block = (MaxBlockRows + TileRows) * Width;
        var memory = stackalloc float[(Depth * Width) + (2 * block) + 16];
        var chain = (float*)(((long)memory + 63) & ~63L);
        float* totals = chain + (Depth * Width), sums = totals + block;
        new Span<float>(chain, Depth * Width).Clear();
        new Span<float>(totals, (count + TileRows) * Width).Clear();
        for (var row = 0; row < count; row++)
            RowMath.Copy(dw + ((long)(first + row) * outFeatures) + column, totals + (row * Width), columns);
        for (var slice = 0; slice < rows; slice += sliceRows)
            AddSlice<TVector>(slice, first, count, column, columns, chain, totals, sums);
        for (var row = 0; row < count; row++)
            RowMath.Copy(totals + (row * Width), dw + ((long)(first + row) * outFeatures) + column, columns);
        if (first == 0 && db != null)
            AddBias<TVector>(column, columns, chain, totals);
    }

    // A slice of one chain is added to the total at once. Longer slices add up their chains first.
    private void AddSlice<TVector>(int slice, int first, int count, int column, int columns, float* chain, float* totals, float* sums)
        where TVector : unmanaged, IVector<TVector>
    {
        var to = sliceRows <= Depth ? totals : sums;
        if (to == sums)
            new Span<float>(sums, (count + TileRows) * Width).Clear();
        for (var from = 0; from < sliceRows; from += Depth)
        {
            var depth = Math.Min(Depth, sliceRows - from);
            for (var row = 0; row < depth; row++)
                RowMath.Copy(dy + ((long)(slice + from + row) * outFeatures) + column, chain + (row * Width), columns);
            WeightPacking.RoundRows<TVector>(chain, depth, precision);
            MultiplyChain<TVector>(slice + from, depth, from + Depth < sliceRows, first, count, column, chain, to);
        }
        if (to == sums)
            RowMath.Add<TVector>(totals, sums, totals, count * Width);
    }

    private void MultiplyChain<TVector>(int at, int depth, bool isFollowed, int first, int count, int column, float* chain, float* to)
        where TVector : unmanaged, IVector<TVector>
    {
        var share = ((Depth * TileRows) + count - 1) / count;
        var next = dy + ((long)(at + Depth) * outFeatures) + column;
        for (var row = 0; row < count; row += TileRows, next += (long)share * outFeatures)
        {
            var x = turned + ((long)(first + row) * rows) + at;
            var tall = Math.Min(TileRows, count - row);
            // Each tile prefetches its inputs of the slice's next chain and its share of that chain's gradients.
            if (isFollowed)
            {
                Prefetching.Rows(x + Depth, rows, tall);
                Prefetching.Rows(next, outFeatures, share);
            }
            GemmTiles<TVector, float, Float32Weights>.Multiply(x, rows, tall, chain, depth, to + (row * Width));
        }
    }

    // In the same order of chains and slices.
    private void AddBias<TVector>(int column, int columns, float* chain, float* totals)
        where TVector : unmanaged, IVector<TVector>
    {
        float* slice = totals + Width, total = totals;
        new Span<float>(total, Width).Clear();
        RowMath.Copy(db + column, total, columns);
        for (var first = 0; first < rows; first += sliceRows)
        {
            new Span<float>(slice, Width).Clear();
            for (var from = 0; from < sliceRows; from += Depth)
            {
                new Span<float>(chain, Width).Clear();
                for (var row = first + from; row < first + Math.Min(from + Depth, sliceRows); row++)
                    RowMath.Add<TVector>(chain, dy + ((long)row * outFeatures) + column, chain, columns);
                RowMath.Add<TVector>(slice, chain, slice, Width);
            }
            RowMath.Add<TVector>(total, slice, total, Width);
        }
        RowMath.Copy(total, db + column, columns);
    }
}
