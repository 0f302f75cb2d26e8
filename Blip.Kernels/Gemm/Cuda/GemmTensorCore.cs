using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA, weights of 16 or 8 bits, many rows. A group of 8 warps computes 128 rows of two panels in registers (<see cref="WarpSums"/>). It
/// walks the depth in steps of 32 k through three or six stages in shared memory (<see cref="ITileStages"/>; drawn in
/// docs/architecture.md):
/// <code>
/// operand             copied by    steps ahead   converted
/// weights, 16 bits    cp.async     stages - 1    never
/// weights, 8 bits     registers    stages - 1    to half precision
/// inputs, 16 bits     cp.async     stages - 1    never (Inputs16)
/// inputs, fp32        registers    stages - 1    rounded (RoundedInputs)
/// </code>
/// Swizzled 16-byte pieces put a matrix load's eight reads into different banks.
/// </summary>
internal static class GemmTensorCore
{
    public const int TileRows = MatrixStage.Rows, TileColumns = MatrixStage.Columns;

    private const int Threads = 256, Depth = MatrixStage.Depth;

    public const int StageBytes = InputBytes + (2 * PanelBytes);

    private const int InputRow = MatrixStage.InputRow, InputBytes = MatrixStage.InputBytes, PanelRow = MatrixStage.PanelRow,
        PanelBytes = MatrixStage.PanelBytes;

    // Distance of inputs 64 rows further down, in units of 16 bytes.
    private const int LowerRows = InputBytes / 2 / 16;

    // Concurrent groups should share inputs and weights: groups are numbered through bands of so many row tiles.
    private const int Band = 8;

    // Sums leave through shared memory, half of the rows at a time.
    private const int OutRows = 64, OutStride = MatrixStage.OutStride;

    public static void Run<TWeights, TInputs, TSums>(Device device, in GemmArgs args)
        where TWeights : struct, ITileWeights
        where TInputs : struct, IMatrixInputs
        where TSums : unmanaged, ITileSums<TSums>
    {
        if (device.Architecture >= 80 && device.SharedMemoryOnRequest >= SixStages.LaunchBytes)
            Run<TWeights, TInputs, TSums, SixStages>(device, args);
        else
            Run<TWeights, TInputs, TSums, ThreeStages>(device, args);
    }

    private static void Run<TWeights, TInputs, TSums, TStages>(Device device, in GemmArgs args)
        where TWeights : struct, ITileWeights
        where TInputs : struct, IMatrixInputs
        where TSums : unmanaged, ITileSums<TSums>
        where TStages : struct, ITileStages =>
        device.Launch(
            Launch<TStages>(args.Rows, args.Weights.OutFeatures),
            new Kernel<TWeights, TInputs, TSums, TStages>(
                args.X, args.Weights.Storage.Cast<Bits4>(), device.OrEmpty(args.Weights.Scales), device.OrEmpty(args.Bias),
                    device.OrEmpty(args.Residual), args.Y,
                args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures, (int)args.Activation, args.YFormat.Is16Bits() ? 1 : 0));

    public static KernelConfig Launch(int rows, int outFeatures) =>
        new(checked((rows + TileRows - 1) / TileRows * ((outFeatures + TileColumns - 1) / TileColumns)), Threads);

    /// <summary>Adds the stages' shared memory.</summary>
    public static KernelConfig Launch<TStages>(int rows, int outFeatures)
        where TStages : struct, ITileStages
    {
        var launch = Launch(rows, outFeatures);
        return TStages.LaunchBytes > 0
            ? new(launch.GridDim, launch.GroupDim, SharedMemoryConfig.RequestDynamic<byte>(TStages.LaunchBytes))
            : launch;
    }

    [LaunchBounds(Threads, 1)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WarpSums), typeof(ThreeStages))]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WarpSums), typeof(ThreeStages), Architecture = 80)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AnyRows>), typeof(WarpSums), typeof(ThreeStages))]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AnyRows>), typeof(WarpSums), typeof(ThreeStages), Architecture = 80)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(Inputs16), typeof(WarpSums), typeof(ThreeStages))]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(Inputs16), typeof(WarpSums), typeof(ThreeStages), Architecture = 80)]
    [Kernel(typeof(Int8Matrix), typeof(RoundedInputs<AlignedRows>), typeof(WarpSums), typeof(ThreeStages))]
    [Kernel(typeof(Int8Matrix), typeof(RoundedInputs<AnyRows>), typeof(WarpSums), typeof(ThreeStages))]
    [Kernel(typeof(Int8Matrix), typeof(Inputs16), typeof(WarpSums), typeof(ThreeStages))]
    [Kernel(typeof(Int8Matrix), typeof(RoundedInputs<AlignedRows>), typeof(WarpSums), typeof(SixStages), Architecture = 80)]
    [Kernel(typeof(Int8Matrix), typeof(RoundedInputs<AnyRows>), typeof(WarpSums), typeof(SixStages), Architecture = 80)]
    [Kernel(typeof(Int8Matrix), typeof(Inputs16), typeof(WarpSums), typeof(SixStages), Architecture = 80)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WarpSums), typeof(SixStages), Architecture = 80)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WarpSums), typeof(SixStages), Architecture = 80)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AnyRows>), typeof(WarpSums), typeof(SixStages), Architecture = 80)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AnyRows>), typeof(WarpSums), typeof(SixStages), Architecture = 80)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(Inputs16), typeof(WarpSums), typeof(SixStages), Architecture = 80)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(Inputs16), typeof(WarpSums), typeof(SixStages), Architecture = 80)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WarpGroupSums), typeof(ThreeStages),
        Architecture = 90)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WarpGroupSums), typeof(ThreeStages),
        Architecture = 90)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WarpGroupSums), typeof(SixStages),
        Architecture = 90)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WarpGroupSums), typeof(SixStages),
        Architecture = 90)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(Inputs16), typeof(WarpGroupSums), typeof(ThreeStages), Architecture = 90)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(Inputs16), typeof(WarpGroupSums), typeof(ThreeStages), Architecture = 90)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(Inputs16), typeof(WarpGroupSums), typeof(SixStages), Architecture = 90)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(Inputs16), typeof(WarpGroupSums), typeof(SixStages), Architecture = 90)]
    internal readonly struct Kernel<TWeights, TInputs, TSums, TStages>(
        ArrayView<float> x, ArrayView<Bits4> weights, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual,
            ArrayView<float> y,
        int rows, int outFeatures, int inFeatures, int activation, int rounds) : IDeviceKernel
        where TWeights : struct, ITileWeights
        where TInputs : struct, IMatrixInputs
        where TSums : unmanaged, ITileSums<TSums>
        where TStages : struct, ITileStages
    {
        public void Run()
        {
            var shared = TStages.Memory();
            var memory = TensorCore.AddressOf(ref shared[0]);
            var thread = Group.IdxX;

            var rowTiles = (rows + TileRows - 1) / TileRows;
            var panels = (outFeatures + PackedWeights.PanelWidth - 1) / PackedWeights.PanelWidth;
            var band = Grid.IdxX / (Band * ((panels + 1) / 2)) * Band;
            var inBand = IntrinsicMath.Min(Band, rowTiles - band);
            var place = Grid.IdxX - (band * ((panels + 1) / 2));
            var firstRow = (band + (place % inBand)) * TileRows;
            var panel = place / inBand * 2;

            // This thread's part of a stage: 8 k of two rows of inputs, and part of the weights.
            var (ownRow, ownPiece) = (thread >> 2, thread & 3);
            var toInput = ((ownRow * InputRow) + ((ownPiece ^ ((ownRow >> 1) & 3)) << 4)) >> 4;
            var tileX = TInputs.From(x, (long)firstRow * inFeatures);
            var upper = firstRow + ownRow < rows ? inFeatures : 0;
            var lower = firstRow + ownRow + 64 < rows ? inFeatures : 0;
            var fromUpper = (ownRow * inFeatures) + (ownPiece * 8);
            var fromLower = fromUpper + (64 * inFeatures);
            var ownWeights = TWeights.Place(panel, panels, inFeatures);

            var steps = (inFeatures + Depth - 1) / Depth;
            var perSlice = GemmSlices.Length(inFeatures) / Depth;
            for (var step = 0; step < TStages.Count - 1; step++)
            {
                if (step < steps)
                {
                    var k = step * Depth;
                    var to = toInput + (step * (StageBytes / 16));
                    var upperPiece = TInputs.Begin(tileX, fromUpper + k, upper - k - (ownPiece * 8), memory + (uint)(to << 4));
                    var lowerPiece = TInputs.Begin(
                        tileX, fromLower + k, lower - k - (ownPiece * 8), memory + (uint)((to + LowerRows) << 4));
                    var weightPiece = TWeights.Begin(weights, ownWeights, k, inFeatures, memory + (uint)((step * StageBytes) + InputBytes));
                    TInputs.End<TWeights>(upperPiece, shared, to);
                    TInputs.End<TWeights>(lowerPiece, shared, to + LowerRows);
                    TWeights.End(weightPiece, ownWeights, shared, ((step * StageBytes) + InputBytes) / 16);
                }
                TensorCore.CommitCopies();
            }

            TSums sums = default, totals = default;
            uint reading = 0, writing = (uint)((TStages.Count - 1) * StageBytes);
            var untilSum = perSlice;
            for (var step = 0; step < steps; step++)
            {
                TStages.Wait();
                TSums.Publish();
                Group.Barrier();
                var k = (step + TStages.Count - 1) * Depth;
                var more = k < inFeatures;
                var to = toInput + (int)(writing >> 4);
                InputPiece upperPiece = default, lowerPiece = default;
                Bits4 weightPiece = default;
                if (more)
                {
                    upperPiece = TInputs.Begin(tileX, fromUpper + k, upper - k - (ownPiece * 8), memory + (uint)(to << 4));
                    lowerPiece = TInputs.Begin(tileX, fromLower + k, lower - k - (ownPiece * 8), memory + (uint)((to + LowerRows) << 4));
                    weightPiece = TWeights.Begin(weights, ownWeights, k, inFeatures, memory + writing + InputBytes);
                }
                TensorCore.CommitCopies();

                sums = TSums.MultiplyAdd<TWeights>(memory + reading, sums);
                if (more)
                {
                    TInputs.End<TWeights>(upperPiece, shared, to);
                    TInputs.End<TWeights>(lowerPiece, shared, to + LowerRows);
                    TWeights.End(weightPiece, ownWeights, shared, (int)((writing + InputBytes) >> 4));
                }
                writing = reading;
                reading = reading == (TStages.Count - 1) * StageBytes ? 0 : reading + StageBytes;
                untilSum--;
                if (untilSum == 0)
                {
                    untilSum = perSlice;
                    totals = TSums.Add(totals, sums);
                    sums = default;
                }
            }
            totals = TSums.Add(totals, sums);

            var output = shared.Cast<Floats2>();
            for (var half = 0; half < TileRows; half += OutRows)
            {
                // Every thread has read the old contents.
                Group.Barrier();
                if (TSums.Holds(half))
                    TSums.Store(output, totals);
                Group.Barrier();
                GemmEpilogue.Run<TWeights>(
                    shared.Cast<float>(), OutStride, OutRows, TileColumns, Threads, firstRow + half, panel * PackedWeights.PanelWidth,
                    scales, bias, residual, y, rows, outFeatures, activation, rounds);
            }
        }
    }
}
