using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA from sm_80 on, single-precision weights, many rows, on request (<see cref="DeviceOptions.Tf32"/>). Both factors are rounded to
/// TF32, 11 significant bits, between shared memory and tensor core. A group of 8 warps computes 128 rows of two panels, a warp 64 × 32.
/// One of two stages holds 16 k while the next are copied in the background.
/// </summary>
internal static class GemmTf32
{
    private const int Threads = 256, Depth = 16;

    // In floats. These strides put a warp's reads into different banks and keep 16-byte alignment.
    private const int InputStride = Depth + 4, WeightStride = GemmTensorCore.TileColumns + 8;
    private const int InputSize = GemmTensorCore.TileRows * InputStride, StageSize = InputSize + (Depth * WeightStride);

    // Sums leave through shared memory, 64 rows at a time.
    private const int OutRows = 64, OutStride = MatrixStage.OutStride;

    public static void Run(Device device, in GemmArgs args) =>
        device.Launch(
            GemmTensorCore.Launch(args.Rows, args.Weights.OutFeatures),
            new Kernel(
                args.X, args.Weights.Float32, device.OrEmpty(args.Bias), device.OrEmpty(args.Residual), args.Y,
                args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures, (int)args.Activation));

    [LaunchBounds(Threads, 1)]
    [Kernel(Architecture = 80)]
    internal readonly struct Kernel(
        ArrayView<float> x, ArrayView<float> weights, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y,
        int rows, int outFeatures, int inFeatures, int activation) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<Bits4>(2 * StageSize / 4);
            var memory = TensorCore.AddressOf(ref shared[0]);
            var thread = Group.IdxX;
            var (lane, warp) = (thread & 31, thread >> 5);
            var (warpRow, warpColumn) = ((warp & 1) * 64, (warp >> 1) * 32);
            var rowTiles = (rows + GemmTensorCore.TileRows - 1) / GemmTensorCore.TileRows;
            var firstRow = Grid.IdxX % rowTiles * GemmTensorCore.TileRows;
            var panel = Grid.IdxX / rowTiles * 2;
            var panels = (outFeatures + PackedWeights.PanelWidth - 1) / PackedWeights.PanelWidth;

            var inputs = x.SubView((long)firstRow * inFeatures).Cast<Bits4>();
            var pieces = weights.Cast<Bits4>();
            MatrixTile16 sums0 = default, sums1 = default, sums2 = default, sums3 = default;
            MatrixTile16 total0 = default, total1 = default, total2 = default, total3 = default;
            var perSlice = GemmSlices.Length(inFeatures) / Depth;
            var untilSum = perSlice;
            var stage = 0;
            LoadToShared(inputs, pieces, memory, 0, rows - firstRow, panel, panels, inFeatures);
            TensorCore.CommitCopies();
            for (var k = 0; k < inFeatures; k += Depth)
            {
                if (k + Depth < inFeatures)
                    LoadToShared(inputs, pieces, memory + (uint)((StageSize - stage) * sizeof(float)), k + Depth, rows - firstRow, panel,
                        panels, inFeatures);
                TensorCore.CommitCopies();
                TensorCore.WaitForCopies1();
                Group.Barrier();
                var values = shared.Cast<float>();
                for (var inStage = 0; inStage < Depth; inStage += 8)
                {
                    var fromX = stage + ((warpRow + (lane >> 2)) * InputStride) + inStage + (lane & 3);
                    var fromW = stage + InputSize + ((inStage + (lane & 3)) * WeightStride) + warpColumn + (lane >> 2);
                    var w = new MatrixColumns
                    {
                        A = Columns(values, fromW),
                        B = Columns(values, fromW + 8),
                        C = Columns(values, fromW + 16),
                        D = Columns(values, fromW + 24),
                    };
                    sums0 = MultiplyAdd(Rows(values, fromX), w, sums0);
                    sums1 = MultiplyAdd(Rows(values, fromX + (16 * InputStride)), w, sums1);
                    sums2 = MultiplyAdd(Rows(values, fromX + (32 * InputStride)), w, sums2);
                    sums3 = MultiplyAdd(Rows(values, fromX + (48 * InputStride)), w, sums3);
                }
                Group.Barrier();
                stage = StageSize - stage;
                untilSum--;
                if (untilSum == 0)
                {
                    untilSum = perSlice;
                    total0 = MatrixTile16.Add(total0, sums0);
                    total1 = MatrixTile16.Add(total1, sums1);
                    total2 = MatrixTile16.Add(total2, sums2);
                    total3 = MatrixTile16.Add(total3, sums3);
                    sums0 = sums1 = sums2 = sums3 = default;
                }
            }
            total0 = MatrixTile16.Add(total0, sums0);
            total1 = MatrixTile16.Add(total1, sums1);
            total2 = MatrixTile16.Add(total2, sums2);
            total3 = MatrixTile16.Add(total3, sums3);

            var output = shared.Cast<Floats2>();
            for (var half = 0; half < GemmTensorCore.TileRows; half += OutRows)
            {
                if (warpRow == half)
                {
                    var at = (((lane >> 2) * OutStride) + warpColumn + ((lane & 3) * 2)) >> 1;
                    MatrixStage.Store(output, at, total0);
                    MatrixStage.Store(output, at + (16 * OutStride / 2), total1);
                    MatrixStage.Store(output, at + (32 * OutStride / 2), total2);
                    MatrixStage.Store(output, at + (48 * OutStride / 2), total3);
                }
                Group.Barrier();
                GemmEpilogue.Run(
                    shared.Cast<float>(), OutStride, OutRows, GemmTensorCore.TileColumns, Threads, firstRow + half,
                        panel * PackedWeights.PanelWidth,
                    bias.SubView(0, 0), bias, residual, y, rows, outFeatures, activation);
                Group.Barrier();
            }
        }
    }

    // 16 k of 128 rows and two panels, four at a time; zeros beyond the last row, panel and k.
    private static void LoadToShared(
        ArrayView<Bits4> inputs, ArrayView<Bits4> weights, uint to, int k, int rows, int panel, int panels, int inFeatures)
    {
        var (row, piece) = (Group.IdxX >> 2, Group.IdxX & 3);
        for (var r = row; r < GemmTensorCore.TileRows; r += Threads / 4)
        {
            var inside = r < rows && k + (piece * 4) < inFeatures;
            TensorCore.CopyAsync(
                to + (uint)(((r * InputStride) + (piece * 4)) * sizeof(float)), ref inputs[((r * inFeatures) + k + (piece * 4)) >> 2],
                    inside ? 16 : 0);
        }
        var column = Group.IdxX & 31;
        var own = panel + (column >> 4);
        for (var d = Group.IdxX >> 5; d < Depth; d += Threads / 32)
        {
            var inside = k + d < inFeatures && own < panels;
            TensorCore.CopyAsync(
                to + (uint)((InputSize + (d * WeightStride) + (column * 4)) * sizeof(float)),
                ref weights[(((own * inFeatures) + k + d) * 16) + (column & 15)], inside ? 16 : 0);
        }
    }

    private static Bits4 Rows(ArrayView<float> values, int at) => new()
    {
        X = TensorCore.RoundTf32(values[at]),
        Y = TensorCore.RoundTf32(values[at + (8 * InputStride)]),
        Z = TensorCore.RoundTf32(values[at + 4]),
        W = TensorCore.RoundTf32(values[at + (8 * InputStride) + 4]),
    };

    private static Bits2 Columns(ArrayView<float> values, int at) =>
        new() { X = TensorCore.RoundTf32(values[at]), Y = TensorCore.RoundTf32(values[at + (4 * WeightStride)]) };

    private static MatrixTile16 MultiplyAdd(Bits4 x, MatrixColumns w, MatrixTile16 sums) => new()
    {
        A = TensorCore.MultiplyAddTf32(x, w.A, sums.A),
        B = TensorCore.MultiplyAddTf32(x, w.B, sums.B),
        C = TensorCore.MultiplyAddTf32(x, w.C, sums.C),
        D = TensorCore.MultiplyAddTf32(x, w.D, sums.D),
    };
}
