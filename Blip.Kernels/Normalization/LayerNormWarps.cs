using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA: a warp per row, four neighbours per load, no barrier, with the arithmetic of <see cref="LayerNormPortable"/>. Results may be
/// rounded to the next product's input format. Not run on a GPU yet.
/// </summary>
internal static class LayerNormWarps
{
    private const int RowsPerGroup = 4, WarpSize = 32;

    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y,
        int rows, int width, float eps, DType format)
    {
        var launch = new RowsLaunch(device, x, residual, gamma, beta, y, rows, width, eps);
        if (format == DType.Float32)
            launch.Write<SingleRows>();
        else
            MatrixTypes.Use16Bits(format, launch);
    }

    public static KernelConfig Launch(int rows) => new((rows + RowsPerGroup - 1) / RowsPerGroup, RowsPerGroup * WarpSize);

    [Kernel(typeof(AlignedRows), typeof(SingleRows)), Kernel(typeof(AnyRows), typeof(SingleRows))]
    [Kernel(typeof(AlignedRows), typeof(RoundedRows<Matrix16<Float16Format>>)),
        Kernel(typeof(AnyRows), typeof(RoundedRows<Matrix16<Float16Format>>))]
    [Kernel(typeof(AlignedRows), typeof(RoundedRows<Matrix16<BFloat16Format>>), Architecture = 80),
        Kernel(typeof(AnyRows), typeof(RoundedRows<Matrix16<BFloat16Format>>), Architecture = 80)]
    internal readonly struct Kernel<TRows, TWriter>(
        ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y, int rows,
            int width, float eps) : IDeviceKernel
        where TRows : struct, IRowReader
        where TWriter : struct, IRowWriter
    {
        public void Run()
        {
            var row = (Grid.IdxX * RowsPerGroup) + (Group.IdxX / WarpSize);
            if (row < rows)
                Normalize<TRows, TWriter>(x, residual, gamma, beta, y, row, width, eps);
        }
    }

    /// <summary>One warp normalizes one row; y may be x.</summary>
    public static void Normalize<TRows, TWriter>(
        ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y, int row,
            int width, float eps)
        where TRows : struct, IRowReader
        where TWriter : struct, IRowWriter
    {
        var own = x.SubView((long)row * width);
        var added = residual.SubView(residual.Length > 0 ? (long)row * width : 0L);
        var first = Group.IdxX % WarpSize * 4;

        var sum = 0f;
        for (var c = first; c < width; c += WarpSize * 4)
        {
            var four = Read<TRows>(own, added, residual.Length > 0, c, width);
            sum += four.X + four.Y + (four.Z + four.W);
        }
        var mean = Sum(sum) / width;

        var (squares, left) = (0f, 0f);
        for (var c = first; c < width; c += WarpSize * 4)
        {
            var four = Read<TRows>(own, added, residual.Length > 0, c, width);
            // Values after the row's end count as zero.
            var off = TRows.Inside4(new Floats4 { X = four.X - mean, Y = four.Y - mean, Z = four.Z - mean, W = four.W - mean }, width - c);
            squares += (off.X * off.X) + (off.Y * off.Y) + ((off.Z * off.Z) + (off.W * off.W));
            left += off.X + off.Y + (off.Z + off.W);
        }
        left = Sum(left) / width;
        var variance = IntrinsicMath.Max((Sum(squares) / width) - (left * left), 0f);
        var scale = 1f / XMath.Sqrt(variance + eps);

        for (var c = first; c < width; c += WarpSize * 4)
        {
            var four = Read<TRows>(own, added, residual.Length > 0, c, width);
            TWriter.Write4(y, ((long)row * width) + c, width - c, new Floats4
            {
                X = Value(four.X, mean, left, scale, gamma, beta, c, width),
                Y = Value(four.Y, mean, left, scale, gamma, beta, c + 1, width),
                Z = Value(four.Z, mean, left, scale, gamma, beta, c + 2, width),
                W = Value(four.W, mean, left, scale, gamma, beta, c + 3, width),
            });
        }
    }

    private readonly struct RowsLaunch(
        Device device, ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y,
        int rows, int width, float eps) : IMatrixUse
    {
        void IMatrixUse.With<TPrecision>() => Write<RoundedRows<TPrecision>>();

        public void Write<TWriter>()
            where TWriter : struct, IRowWriter
        {
            if (width % 4 == 0 && (x.LoadEffectiveAddressAsPtr() | residual.LoadEffectiveAddressAsPtr()) % 16 == 0)
                Run<AlignedRows, TWriter>();
            else
                Run<AnyRows, TWriter>();
        }

        private void Run<TRows, TWriter>()
            where TRows : struct, IRowReader
            where TWriter : struct, IRowWriter =>
            device.Launch(Launch(rows), new Kernel<TRows, TWriter>(x, residual, gamma, beta, y, rows, width, eps));
    }

    private static float Value(
        float x, float mean, float left, float scale, ArrayView<float> gamma, ArrayView<float> beta, int column, int width) =>
        ((x - mean - left) * scale * TensorCore.Load(ref gamma[column], width - column))
            + TensorCore.Load(ref beta[column], width - column);

    private static Floats4 Read<TRows>(ArrayView<float> x, ArrayView<float> residual, bool hasResidual, int column, int width)
        where TRows : struct, IRowReader
    {
        var a = TRows.Read4(x, column, width - column);
        if (!hasResidual)
            return a;
        var b = TRows.Read4(residual, column, width - column);
        return new Floats4 { X = a.X + b.X, Y = a.Y + b.Y, Z = a.Z + b.Z, W = a.W + b.W };
    }

    // In every thread of the warp, in the same order.
    private static float Sum(float value)
    {
        value += Warp.ShuffleXor(value, 16);
        value += Warp.ShuffleXor(value, 8);
        value += Warp.ShuffleXor(value, 4);
        value += Warp.ShuffleXor(value, 2);
        return value + Warp.ShuffleXor(value, 1);
    }
}
