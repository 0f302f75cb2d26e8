using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA, single-precision weights, many rows. A group of 256 threads computes 128 rows of two panels. A thread holds 8 × 8 sums, as two by
/// two blocks of 4 × 4: four loads of 16 bytes from shared memory feed 64 products. Of two buffers of eight k, one is filled while the
/// other is multiplied.
/// </summary>
internal static class GemmRegisters
{
    public const int TileRows = 128, TileColumns = 128;

    private const int Threads = 256, Depth = 8;

    // Inputs are columns. This stride puts a warp's writes into different banks and keeps 16-byte alignment.
    private const int InputStride = TileRows + 4, InputSize = Depth * InputStride, BufferSize = InputSize + (Depth * TileColumns);

    // Sums leave through shared memory, 32 rows at a time.
    private const int OutRows = 32;

    public static void Run<TRows>(Device device, in GemmArgs args)
        where TRows : struct, IRowReader =>
        device.Launch(
            Launch(args.Rows, args.Weights.OutFeatures),
            new Kernel<TRows>(
                args.X, args.Weights.Float32, device.OrEmpty(args.Bias), device.OrEmpty(args.Residual), args.Y,
                args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures, (int)args.Activation));

    public static KernelConfig Launch(int rows, int outFeatures) =>
        new(checked((rows + TileRows - 1) / TileRows * ((outFeatures + TileColumns - 1) / TileColumns)), Threads);

    [LaunchBounds(Threads, 1)]
    [Kernel(typeof(AlignedRows)), Kernel(typeof(AnyRows))]
    internal readonly struct Kernel<TRows>(
        ArrayView<float> x, ArrayView<float> weights, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y,
        int rows, int outFeatures, int inFeatures, int activation) : IDeviceKernel
        where TRows : struct, IRowReader
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<Floats4>(2 * BufferSize / 4);
            var thread = Group.IdxX;
            var rowTiles = (rows + TileRows - 1) / TileRows;
            var firstRow = Grid.IdxX % rowTiles * TileRows;
            var panel = Grid.IdxX / rowTiles * 2;
            var panels = (outFeatures + PackedWeights.PanelWidth - 1) / PackedWeights.PanelWidth;

            // This thread's part of a stage: four k of a row of inputs, four outputs of one k.
            var (ownRow, ownK) = (thread >> 1, (thread & 1) * 4);
            var tileX = x.SubView((long)firstRow * inFeatures);
            var inRow = firstRow + ownRow < rows ? inFeatures - ownK : 0;
            var fromX = (ownRow * inFeatures) + ownK;
            var (weightK, weightColumn) = (thread >> 5, thread & 31);
            var inColumn = panel + (weightColumn >> 4) < panels ? inFeatures - weightK : 0;
            var pieces = weights.Cast<Floats4>();
            var fromW = (((panel + (weightColumn >> 4)) * inFeatures) + weightK) * 16 + (weightColumn & 15);
            var toX = (ownK * InputStride) + ownRow;
            var toW = (InputSize / 4) + (weightK * (TileColumns / 4)) + weightColumn;
            Put(shared, 0, toX, toW, TRows.Read4(tileX, fromX, inRow), TensorCore.Load(ref pieces[fromW], inColumn));

            // Its results: two blocks of four rows, 64 apart, by two of four columns.
            var (row, column) = (thread >> 4, thread & 15);
            RegisterTile sums = default, totals = default;
            var buffer = 0;
            var perSlice = GemmSlices.Length(inFeatures) / Depth;
            var untilSum = perSlice;
            for (var k = Depth; k < inFeatures + Depth; k += Depth)
            {
                Group.Barrier();
                var nextX = TRows.Read4(tileX, fromX + k, inRow - k);
                var nextW = TensorCore.Load(ref pieces[fromW + (k * 16)], inColumn - k);
                var (inputs, outputs) = (buffer + row, buffer + (InputSize / 4) + column);
                // Unrolled: the next k loads during this one's products.
                sums = Step(shared, inputs, outputs, 0, sums);
                sums = Step(shared, inputs, outputs, 1, sums);
                sums = Step(shared, inputs, outputs, 2, sums);
                sums = Step(shared, inputs, outputs, 3, sums);
                sums = Step(shared, inputs, outputs, 4, sums);
                sums = Step(shared, inputs, outputs, 5, sums);
                sums = Step(shared, inputs, outputs, 6, sums);
                sums = Step(shared, inputs, outputs, 7, sums);
                buffer = (BufferSize / 4) - buffer;
                if (k < inFeatures)
                    Put(shared, buffer, toX, toW, nextX, nextW);
                untilSum--;
                if (untilSum == 0)
                {
                    untilSum = perSlice;
                    totals = RegisterTile.Add(totals, sums);
                    sums = default;
                }
            }
            totals = RegisterTile.Add(totals, sums);

            for (var part = 0; part < TileRows; part += OutRows)
            {
                Group.Barrier();
                // A part's rows belong to eight neighbouring threads of one block of rows.
                if (row >> 3 == part / OutRows)
                    RegisterTile.Store(shared, ((row & 7) * TileColumns) + column, totals.R0, totals.R1, totals.R2, totals.R3);
                if ((row >> 3) + (64 / OutRows) == part / OutRows)
                    RegisterTile.Store(shared, ((row & 7) * TileColumns) + column, totals.R4, totals.R5, totals.R6, totals.R7);
                Group.Barrier();
                GemmEpilogue.Run(
                    shared.Cast<float>(), TileColumns, OutRows, TileColumns, Threads, firstRow + part, panel * PackedWeights.PanelWidth,
                    bias.SubView(0, 0), bias, residual, y, rows, outFeatures, activation);
            }
        }
    }

    private static RegisterTile Step(ArrayView<Floats4> shared, int inputs, int outputs, int k, RegisterTile sums)
    {
        inputs += k * (InputStride / 4);
        outputs += k * (TileColumns / 4);
        return RegisterTile.MultiplyAdd(shared[inputs], shared[inputs + 16], shared[outputs], shared[outputs + 16], sums);
    }

    private static void Put(ArrayView<Floats4> shared, int buffer, int toX, int toW, Floats4 x, Floats4 w)
    {
        var values = shared.Cast<float>();
        var at = (buffer * 4) + toX;
        values[at] = x.X;
        values[at + InputStride] = x.Y;
        values[at + (2 * InputStride)] = x.Z;
        values[at + (3 * InputStride)] = x.W;
        shared[buffer + toW] = w;
    }
}

/// <summary>A thread's 8 × 8 sums: eight rows of two times four columns.</summary>
internal struct RegisterTile
{
    public RegisterRow R0, R1, R2, R3, R4, R5, R6, R7;

    /// <summary>sums + x · w for twice four rows and columns.</summary>
    public static RegisterTile MultiplyAdd(Floats4 x0, Floats4 x1, Floats4 w0, Floats4 w1, RegisterTile sums) => new()
    {
        R0 = RegisterRow.MultiplyAdd(x0.X, w0, w1, sums.R0),
        R1 = RegisterRow.MultiplyAdd(x0.Y, w0, w1, sums.R1),
        R2 = RegisterRow.MultiplyAdd(x0.Z, w0, w1, sums.R2),
        R3 = RegisterRow.MultiplyAdd(x0.W, w0, w1, sums.R3),
        R4 = RegisterRow.MultiplyAdd(x1.X, w0, w1, sums.R4),
        R5 = RegisterRow.MultiplyAdd(x1.Y, w0, w1, sums.R5),
        R6 = RegisterRow.MultiplyAdd(x1.Z, w0, w1, sums.R6),
        R7 = RegisterRow.MultiplyAdd(x1.W, w0, w1, sums.R7),
    };

    public static RegisterTile Add(RegisterTile a, RegisterTile b) => new()
    {
        R0 = RegisterRow.Add(a.R0, b.R0),
        R1 = RegisterRow.Add(a.R1, b.R1),
        R2 = RegisterRow.Add(a.R2, b.R2),
        R3 = RegisterRow.Add(a.R3, b.R3),
        R4 = RegisterRow.Add(a.R4, b.R4),
        R5 = RegisterRow.Add(a.R5, b.R5),
        R6 = RegisterRow.Add(a.R6, b.R6),
        R7 = RegisterRow.Add(a.R7, b.R7),
    };

    /// <summary>Writes four consecutive rows; <paramref name="at"/> counts pieces of four floats.</summary>
    public static void Store(ArrayView<Floats4> to, int at, RegisterRow r0, RegisterRow r1, RegisterRow r2, RegisterRow r3)
    {
        RegisterRow.Store(to, at, r0);
        RegisterRow.Store(to, at + 32, r1);
        RegisterRow.Store(to, at + 64, r2);
        RegisterRow.Store(to, at + 96, r3);
    }
}

internal struct RegisterRow
{
    public Floats4 Left, Right;

    public static RegisterRow MultiplyAdd(float x, Floats4 left, Floats4 right, RegisterRow sums) =>
        new() { Left = MultiplyAdd(x, left, sums.Left), Right = MultiplyAdd(x, right, sums.Right) };

    public static RegisterRow Add(RegisterRow a, RegisterRow b) => new() { Left = Add(a.Left, b.Left), Right = Add(a.Right, b.Right) };

    public static void Store(ArrayView<Floats4> to, int at, RegisterRow row)
    {
        to[at] = row.Left;
        to[at + 16] = row.Right;
    }

    private static Floats4 MultiplyAdd(float x, Floats4 w, Floats4 sums) => new()
    {
        X = Fused.MultiplyAdd(x, w.X, sums.X),
        Y = Fused.MultiplyAdd(x, w.Y, sums.Y),
        Z = Fused.MultiplyAdd(x, w.Z, sums.Z),
        W = Fused.MultiplyAdd(x, w.W, sums.W),
    };

    private static Floats4 Add(Floats4 a, Floats4 b) => new() { X = a.X + b.X, Y = a.Y + b.Y, Z = a.Z + b.Z, W = a.W + b.W };
}
