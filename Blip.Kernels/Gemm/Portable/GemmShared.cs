using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// GPUs: the classic tile in shared memory (CUDA C++ Programming Guide, "Shared Memory"). A group of 256 computes 64 rows of one panel.
/// A work-item computes 4 × 4 sums: it uses each shared value four times.
/// </summary>
internal static class GemmShared
{
    private const int Threads = 256, Width = PackedWeights.PanelWidth, TileRows = 64, Depth = 16, PerThread = 4;

    // Rows of X become columns: an odd stride puts neighbouring k into different banks.
    private const int RowStride = TileRows + 1;

    public static void Run(Device device, in GemmArgs args) => WeightTypes.Use(args.Weights, new Launch(device, args));

    private readonly struct Launch(Device device, GemmArgs args) : IWeightUse
    {
        void IWeightUse.With<TStored, TFormat>(ArrayView<TStored> weights)
        {
            var groups = checked(args.Weights.Panels * ((args.Rows + TileRows - 1) / TileRows));
            device.Launch(
                new KernelConfig(groups, Threads),
                new Kernel<TStored, TFormat>(
                    args.X, weights, device.OrEmpty(args.Weights.Scales), device.OrEmpty(args.Bias), device.OrEmpty(args.Residual), args.Y,
                    args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures, (int)args.Activation));
        }
    }

    [Kernel(typeof(float), typeof(Float32Weights)), Kernel(typeof(ushort), typeof(Weights16<Float16Format>))]
    [Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>)), Kernel(typeof(sbyte), typeof(Int8Weights))]
    internal readonly struct Kernel<TStored, TFormat>(
        ArrayView<float> x, ArrayView<TStored> weights, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual,
            ArrayView<float> y,
        int rows, int outFeatures, int inFeatures, int activation) : IDeviceKernel
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored>
    {
        public void Run()
        {
            var rowTiles = (rows + TileRows - 1) / TileRows;
            var panel = Grid.IdxX / rowTiles;
            var firstRow = Grid.IdxX % rowTiles * TileRows;
            var w = weights.SubView((long)panel * TFormat.PanelLength(inFeatures), TFormat.PanelLength(inFeatures));
            var sharedX = SharedMemory.Allocate<float>(Depth * RowStride);
            var sharedW = SharedMemory.Allocate<float>(Depth * Width);

            var thread = Group.IdxX;
            var row = thread / (Width / PerThread) * PerThread;
            var column = thread % (Width / PerThread) * PerThread;
            Sums4 total0 = default, total1 = default, total2 = default, total3 = default;
            Sums4 sums0 = default, sums1 = default, sums2 = default, sums3 = default;
            for (var k = 0; k < inFeatures; k += Depth)
            {
                // Zeros beyond the last row and k add nothing.
                for (var i = thread; i < Depth * TileRows; i += Threads)
                {
                    var (r, c) = (i / Depth, i % Depth);
                    var inside = firstRow + r < rows && k + c < inFeatures;
                    sharedX[(c * RowStride) + r] = inside ? x[((long)(firstRow + r) * inFeatures) + k + c] : 0f;
                }
                for (var i = thread; i < Depth * Width; i += Threads)
                    sharedW[i] = k + (i / Width) < inFeatures ? TFormat.Decode(w[TFormat.Place(k + (i / Width), i % Width)]) : 0f;
                Group.Barrier();
                for (var c = 0; c < Depth; c++)
                {
                    var wk = Sums4.Load<float, Float32Weights>(sharedW, c, column);
                    var xk = (c * RowStride) + row;
                    sums0 = Sums4.MultiplyAdd(sharedX[xk], wk, sums0);
                    sums1 = Sums4.MultiplyAdd(sharedX[xk + 1], wk, sums1);
                    sums2 = Sums4.MultiplyAdd(sharedX[xk + 2], wk, sums2);
                    sums3 = Sums4.MultiplyAdd(sharedX[xk + 3], wk, sums3);
                }
                Group.Barrier();
                if ((k + Depth) % Gemm.ChainLength == 0 || k + Depth >= inFeatures)
                {
                    total0 = Sums4.Add(total0, sums0);
                    total1 = Sums4.Add(total1, sums1);
                    total2 = Sums4.Add(total2, sums2);
                    total3 = Sums4.Add(total3, sums3);
                    sums0 = sums1 = sums2 = sums3 = default;
                }
            }

            row += firstRow;
            column += panel * Width;
            Finish(total0, scales, bias, residual, y, row, column, rows, outFeatures, activation);
            Finish(total1, scales, bias, residual, y, row + 1, column, rows, outFeatures, activation);
            Finish(total2, scales, bias, residual, y, row + 2, column, rows, outFeatures, activation);
            Finish(total3, scales, bias, residual, y, row + 3, column, rows, outFeatures, activation);
        }
    }

    private static void Finish(
        Sums4 sums, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y, int row, int column,
            int rows, int outFeatures, int activation)
    {
        if (row >= rows)
            return;
        Finish(sums.A, scales, bias, residual, y, row, column, outFeatures, activation);
        Finish(sums.B, scales, bias, residual, y, row, column + 1, outFeatures, activation);
        Finish(sums.C, scales, bias, residual, y, row, column + 2, outFeatures, activation);
        Finish(sums.D, scales, bias, residual, y, row, column + 3, outFeatures, activation);
    }

    // Inlining sixteen copies of every activation would bloat the kernel.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Finish(
        float sum, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y, int row, int column,
            int outFeatures, int activation)
    {
        if (column >= outFeatures)
            return;
        var to = ((long)row * outFeatures) + column;
        if (scales.Length > 0)
            sum *= scales[column];
        if (bias.Length > 0)
            sum += bias[column];
        sum = ActivationFunctions.Apply(sum, activation);
        if (residual.Length > 0)
            sum += residual[to];
        y[to] = sum;
    }
}
