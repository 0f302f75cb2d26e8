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

    // Rows of output gradients that a task copies: 160 KiB in the second-level cache.
    private const int PanelRows = 10 * Depth;

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
        var memory = stackalloc float[(PanelRows * Width) + (2 * block) + 16];
        var panel = (float*)(((long)memory + 63) & ~63L);
        float* totals = panel + (PanelRows * Width), sums = totals + block;
        if (columns < Width)
            new Span<float>(panel, PanelRows * Width).Clear();
        new Span<float>(totals, (count + TileRows) * Width).Clear();
        for (var row = 0; row < count; row++)
            RowMath.Copy(dw + ((long)(first + row) * outFeatures) + column, totals + (row * Width), columns);
        for (var slice = 0; slice < rows; slice += sliceRows)
            AddSlice<TVector>(slice, first, count, column, columns, panel, totals, sums);
        for (var row = 0; row < count; row++)
            RowMath.Copy(totals + (row * Width), dw + ((long)(first + row) * outFeatures) + column, columns);
        if (first == 0 && db != null)
            AddBias<TVector>(column, columns, panel, totals);
    }

    // A slice of one chain is added to the total at once. Longer slices add up their chains first.
    private void AddSlice<TVector>(int slice, int first, int count, int column, int columns, float* panel, float* totals, float* sums)
        where TVector : unmanaged, IVector<TVector>
    {
        var to = sliceRows <= Depth ? totals : sums;
        if (to == sums)
            new Span<float>(sums, (count + TileRows) * Width).Clear();
        for (var from = slice; from < slice + sliceRows; from += PanelRows)
        {
            var depth = Math.Min(PanelRows, slice + sliceRows - from);
            for (var row = 0; row < depth; row++)
            {
                var y = dy + ((long)(from + row) * outFeatures) + column;
                Prefetching.Bytes(y + (8L * outFeatures), Width * sizeof(float));
                RowMath.Copy(y, panel + (row * Width), columns);
            }
            WeightPacking.RoundRows<TVector>(panel, depth, precision);
            for (var row = 0; row < count; row += TileRows)
            {
                var x = turned + ((long)(first + row) * rows) + from;
                MultiplyPanel<TVector>(x, Math.Min(TileRows, count - row), panel, depth, to + (row * Width));
            }
        }
        if (to == sums)
            RowMath.Add<TVector>(totals, sums, totals, count * Width);
    }

    // A tile's sums stay in the first-level cache for all chains of the panel.
    private void MultiplyPanel<TVector>(float* x, int tall, float* panel, int depth, float* to)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var k = 0; k < depth; k += Depth)
        {
            // The next tile's inputs.
            if (depth > Depth)
                Prefetching.Rows(x + k + ((long)TileRows * rows), rows, TileRows);
            GemmTiles<TVector, float, Float32Weights>.Multiply(x + k, rows, tall, panel + (k * Width), Math.Min(Depth, depth - k), to);
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
