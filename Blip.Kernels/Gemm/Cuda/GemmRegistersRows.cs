using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA, single-precision weights, few rows: a decoder's tokens. A warp reads a slice of 32 columns of a panel, one per thread,
/// 16 k at a time. It uses each weight for eight rows. A group adds up all slices of its columns. The last group of
/// some rows normalises them on request.
/// </summary>
internal static class GemmRegistersRows
{
    public const int TileRows = 8, TileColumns = 32;

    private const int MaxWarps = 8, Depth = 16;

    public static void Run<TRows>(Device device, in GemmArgs args)
        where TRows : struct, IRowReader =>
        device.Launch(
            Launch(args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures),
            new Kernel<TRows>(
                args.X, args.Weights.Float32, device.OrEmpty(args.Bias), device.OrEmpty(args.Residual),
                device.OrEmpty(args.Gamma), device.OrEmpty(args.Beta), args.Gamma.Length > 0
                    ? device.Counters((args.Rows + TileRows - 1) / TileRows)
                    : device.Empty<int>(), args.Y, GemmRowsShape.Of(args)));

    public static KernelConfig Launch(int rows, int outFeatures, int inFeatures) => new(
        checked((rows + TileRows - 1) / TileRows * ((outFeatures + TileColumns - 1) / TileColumns)),
            32 * Math.Min(MaxWarps, GemmSlices.Count(inFeatures)));

    [LaunchBounds(MaxWarps * 32, 3)]
    [Kernel(typeof(AlignedRows)), Kernel(typeof(AnyRows))]
    internal readonly struct Kernel<TRows>(
        ArrayView<float> x, ArrayView<float> weights, ArrayView<float> bias, ArrayView<float> residual,
        ArrayView<float> gamma, ArrayView<float> beta, ArrayView<int> counters, ArrayView<float> y, GemmRowsShape shape) : IDeviceKernel
        where TRows : struct, IRowReader
    {
        public void Run()
        {
            var (rows, outFeatures, inFeatures) = (shape.Rows, shape.OutFeatures, shape.InFeatures);
            var partial = SharedMemory.Allocate<float>(GemmSlices.Most * TileRows * TileColumns);
            var (lane, warp) = (Group.IdxX & 31, Group.IdxX >> 5);
            var columnTiles = (outFeatures + TileColumns - 1) / TileColumns;
            var column = Grid.IdxX % columnTiles * TileColumns;
            var firstRow = Grid.IdxX / columnTiles * TileRows;
            var tileX = x.SubView((long)firstRow * inFeatures);
            var panel = weights.SubView((long)(column / PackedWeights.PanelWidth) * PackedWeights.PanelWidth * inFeatures);
            var own = (column % PackedWeights.PanelWidth) + lane;
            var left = rows - firstRow;

            var length = GemmSlices.Length(inFeatures);
            var slices = GemmSlices.Count(inFeatures, length);
            for (var slice = warp; slice < slices; slice += Group.DimX >> 5)
            {
                var end = IntrinsicMath.Min((slice + 1) * length, inFeatures);
                RegisterRow sums = default;
                for (var k = slice * length; k < end; k += Depth)
                {
                    var w0 = Read(panel, k, own, end);
                    var w1 = Read(panel, k + 4, own, end);
                    var w2 = Read(panel, k + 8, own, end);
                    var w3 = Read(panel, k + 12, own, end);
                    sums = MultiplyAdd<TRows>(tileX, k, inFeatures, left, w0, sums);
                    sums = MultiplyAdd<TRows>(tileX, k + 4, inFeatures, left, w1, sums);
                    sums = MultiplyAdd<TRows>(tileX, k + 8, inFeatures, left, w2, sums);
                    sums = MultiplyAdd<TRows>(tileX, k + 12, inFeatures, left, w3, sums);
                }
                var at = (slice * TileRows * TileColumns) + lane;
                Store(partial, at, sums.Left);
                Store(partial, at + (4 * TileColumns), sums.Right);
            }
            Group.Barrier();
            GemmEpilogue.AddSlices(partial, slices, TileRows * TileColumns);
            GemmEpilogue.Run(
                partial, TileColumns, TileRows, TileColumns, Group.DimX, firstRow, column, bias.SubView(0, 0), bias, residual, y, rows,
                    outFeatures, shape.Activation);
            if (gamma.Length > 0)
                GemmNorm.Run(y, gamma, beta, counters, Grid.IdxX / columnTiles, columnTiles, TileRows, shape);
        }
    }

    // Four k of one column.
    private static Floats4 Read(ArrayView<float> panel, int k, int column, int end) => new()
    {
        X = TensorCore.Load(ref panel[(k * PackedWeights.PanelWidth) + column], end - k),
        Y = TensorCore.Load(ref panel[((k + 1) * PackedWeights.PanelWidth) + column], end - k - 1),
        Z = TensorCore.Load(ref panel[((k + 2) * PackedWeights.PanelWidth) + column], end - k - 2),
        W = TensorCore.Load(ref panel[((k + 3) * PackedWeights.PanelWidth) + column], end - k - 3),
    };

    private static RegisterRow MultiplyAdd<TRows>(ArrayView<float> x, int k, int inFeatures, int left, Floats4 w, RegisterRow sums)
        where TRows : struct, IRowReader
    {
        sums.Left.X = MultiplyAdd<TRows>(x, 0, k, inFeatures, left, w, sums.Left.X);
        sums.Left.Y = MultiplyAdd<TRows>(x, 1, k, inFeatures, left, w, sums.Left.Y);
        sums.Left.Z = MultiplyAdd<TRows>(x, 2, k, inFeatures, left, w, sums.Left.Z);
        sums.Left.W = MultiplyAdd<TRows>(x, 3, k, inFeatures, left, w, sums.Left.W);
        sums.Right.X = MultiplyAdd<TRows>(x, 4, k, inFeatures, left, w, sums.Right.X);
        sums.Right.Y = MultiplyAdd<TRows>(x, 5, k, inFeatures, left, w, sums.Right.Y);
        sums.Right.Z = MultiplyAdd<TRows>(x, 6, k, inFeatures, left, w, sums.Right.Z);
        sums.Right.W = MultiplyAdd<TRows>(x, 7, k, inFeatures, left, w, sums.Right.W);
        return sums;
    }

    private static float MultiplyAdd<TRows>(ArrayView<float> x, int row, int k, int inFeatures, int left, Floats4 w, float sum)
        where TRows : struct, IRowReader
    {
        // Uniform in the warp.
        if (row >= left)
            return sum;
        var four = TRows.Read4(x, (row * inFeatures) + k, inFeatures - k);
        sum = Fused.MultiplyAdd(four.X, w.X, sum);
        sum = Fused.MultiplyAdd(four.Y, w.Y, sum);
        sum = Fused.MultiplyAdd(four.Z, w.Z, sum);
        return Fused.MultiplyAdd(four.W, w.W, sum);
    }

    private static void Store(ArrayView<float> to, int at, Floats4 rows)
    {
        to[at] = rows.X;
        to[at + TileColumns] = rows.Y;
        to[at + (2 * TileColumns)] = rows.Z;
        to[at + (3 * TileColumns)] = rows.W;
    }
}
