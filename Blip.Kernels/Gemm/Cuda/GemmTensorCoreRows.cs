using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA, weights of 16 or 8 bits, few rows: a decoder's tokens. Every weight is used once per 16 rows, so that shared memory holds none:
/// a warp reads a slice of 32 columns of a panel straight into the tensor core's fragments, 64 k at a
/// time. A group adds up all slices of its columns. A warp's load covers four k (eight of bytes), each 64 neighbouring bytes.
/// The order of columns in a fragment is free, since column sums never meet. The last group of some rows normalises them on request.
/// </summary>
internal static class GemmTensorCoreRows
{
    public const int TileRows = 16, TileColumns = 32;

    private const int MaxWarps = 8, Depth = 16, Ahead = 4;

    public static void Run<TWeights, TInputs>(Device device, in GemmArgs args)
        where TWeights : struct, IMatrixWeights
        where TInputs : struct, IMatrixInputs =>
        device.Launch(
            Launch(args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures),
            new Kernel<TWeights, TInputs>(
                args.X, args.Weights.Storage.Cast<Bits2>(), device.OrEmpty(args.Weights.Scales), device.OrEmpty(args.Bias),
                    device.OrEmpty(args.Residual),
                device.OrEmpty(args.Gamma), device.OrEmpty(args.Beta), args.Gamma.Length > 0
                    ? device.Counters((args.Rows + TileRows - 1) / TileRows)
                    : device.Empty<int>(), args.Y, GemmRowsShape.Of(args)));

    public static KernelConfig Launch(int rows, int outFeatures, int inFeatures) => new(
        checked((rows + TileRows - 1) / TileRows * ((outFeatures + TileColumns - 1) / TileColumns)),
            32 * Math.Min(MaxWarps, GemmSlices.Count(inFeatures)));

    [LaunchBounds(MaxWarps * 32, 2)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AlignedRows>)),
        Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AnyRows>))]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(Inputs16))]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AlignedRows>), Architecture = 80),
        Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AnyRows>), Architecture = 80)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(Inputs16), Architecture = 80)]
    [Kernel(typeof(Int8Matrix), typeof(RoundedInputs<AlignedRows>)), Kernel(typeof(Int8Matrix), typeof(RoundedInputs<AnyRows>))]
    [Kernel(typeof(Int8Matrix), typeof(Inputs16))]
    internal readonly struct Kernel<TWeights, TInputs>(
        ArrayView<float> x, ArrayView<Bits2> weights, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual,
        ArrayView<float> gamma, ArrayView<float> beta, ArrayView<int> counters, ArrayView<float> y, GemmRowsShape shape) : IDeviceKernel
        where TWeights : struct, IMatrixWeights
        where TInputs : struct, IMatrixInputs
    {
        public void Run()
        {
            var (rows, outFeatures, inFeatures) = (shape.Rows, shape.OutFeatures, shape.InFeatures);
            var partial = SharedMemory.Allocate<float>(GemmSlices.Most * TileRows * TileColumns);
            var (lane, warp) = (Group.IdxX & 31, Group.IdxX >> 5);
            var (group, member) = (lane >> 2, lane & 3);
            var columnTiles = (outFeatures + TileColumns - 1) / TileColumns;
            var column = Grid.IdxX % columnTiles * TileColumns;
            var firstRow = Grid.IdxX / columnTiles * TileRows;

            var tileX = TInputs.From(x, (long)firstRow * inFeatures);
            // Absent rows have no elements left.
            var (fromUpper, fromLower) = (group * inFeatures, (group + 8) * inFeatures);
            var upper = firstRow + group < rows ? inFeatures : 0;
            var lower = firstRow + group + 8 < rows ? inFeatures : 0;
            var panel = weights.SubView((long)(column / PackedWeights.PanelWidth) * TWeights.PanelPieces(inFeatures));
            var columns = ((column % PackedWeights.PanelWidth) >> 2) + group;

            var length = GemmSlices.Length(inFeatures);
            var slices = GemmSlices.Count(inFeatures, length);
            for (var slice = warp; slice < slices; slice += Group.DimX >> 5)
            {
                var end = IntrinsicMath.Min((slice + 1) * length, inFeatures);
                MatrixTile16 sums = default;
                // Slices are multiples of a read's depth. Zeros behind the last input change no sum.
                for (var first = slice * length; first < end; first += Depth * Ahead)
                {
                    var k = first + (2 * member);
                    var w0 = TWeights.Load(panel, k, columns, inFeatures);
                    var w1 = TWeights.Load(panel, k + Depth, columns, inFeatures);
                    var w2 = TWeights.Load(panel, k + (2 * Depth), columns, inFeatures);
                    var w3 = TWeights.Load(panel, k + (3 * Depth), columns, inFeatures);
                    var x0 = Read<TWeights, TInputs>(tileX, fromUpper + k, upper - k, fromLower + k, lower - k, 0);
                    var x1 = Read<TWeights, TInputs>(tileX, fromUpper + k, upper - k, fromLower + k, lower - k, Depth);
                    var x2 = Read<TWeights, TInputs>(tileX, fromUpper + k, upper - k, fromLower + k, lower - k, 2 * Depth);
                    var x3 = Read<TWeights, TInputs>(tileX, fromUpper + k, upper - k, fromLower + k, lower - k, 3 * Depth);
                    sums = MatrixTile16.MultiplyAdd<TWeights>(x0, TWeights.Unpack(w0), sums);
                    sums = MatrixTile16.MultiplyAdd<TWeights>(x1, TWeights.Unpack(w1), sums);
                    sums = MatrixTile16.MultiplyAdd<TWeights>(x2, TWeights.Unpack(w2), sums);
                    sums = MatrixTile16.MultiplyAdd<TWeights>(x3, TWeights.Unpack(w3), sums);
                }
                // Column i of fragment j is the tile's column 4 · i + j: a thread holds eight neighbours of each of its rows.
                var at = (slice * TileRows * TileColumns) + (group * TileColumns) + (member * 8);
                Store(partial, at, sums.A.X, sums.B.X, sums.C.X, sums.D.X);
                Store(partial, at + 4, sums.A.Y, sums.B.Y, sums.C.Y, sums.D.Y);
                Store(partial, at + (8 * TileColumns), sums.A.Z, sums.B.Z, sums.C.Z, sums.D.Z);
                Store(partial, at + (8 * TileColumns) + 4, sums.A.W, sums.B.W, sums.C.W, sums.D.W);
            }
            Group.Barrier();
            GemmEpilogue.AddSlices(partial, slices, TileRows * TileColumns);
            // A thread's pairs are not the elements that it added up.
            if (shape.Rounds != 0)
                Group.Barrier();
            GemmEpilogue.Run<TWeights>(
                partial, TileColumns, TileRows, TileColumns, Group.DimX, firstRow, column, scales, bias, residual, y, rows, outFeatures,
                    shape.Activation, shape.Rounds);
            if (gamma.Length > 0)
                GemmNorm.Run(y, gamma, beta, counters, Grid.IdxX / columnTiles, columnTiles, TileRows, shape);
        }
    }

    private static Bits4 Read<TWeights, TInputs>(ArrayView<float> x, int upper, int upperLeft, int lower, int lowerLeft, int offset)
        where TWeights : struct, IMatrixWeights
        where TInputs : struct, IMatrixInputs => new()
        {
            X = TInputs.Read2<TWeights>(x, upper + offset, upperLeft - offset),
            Y = TInputs.Read2<TWeights>(x, lower + offset, lowerLeft - offset),
            Z = TInputs.Read2<TWeights>(x, upper + offset + 8, upperLeft - offset - 8),
            W = TInputs.Read2<TWeights>(x, lower + offset + 8, lowerLeft - offset - 8),
        };

    private static void Store(ArrayView<float> to, int at, float a, float b, float c, float d)
    {
        to[at] = a;
        to[at + 1] = b;
        to[at + 2] = c;
        to[at + 3] = d;
    }
}
