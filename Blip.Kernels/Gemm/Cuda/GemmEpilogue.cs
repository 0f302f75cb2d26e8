using ILGPU;

namespace Blip.Kernels;

/// <summary>Finishes a tile of sums in shared memory; neighbouring work-items write neighbouring outputs.</summary>
internal static class GemmEpilogue
{
    /// <summary>
    /// Adds a tile's consecutive slices into the first. Each work-item adds the elements that it writes in <see cref="Run"/>,
    /// so that no barrier is needed in between.
    /// </summary>
    public static void AddSlices(ArrayView<float> partial, int slices, int tile)
    {
        for (var i = Group.IdxX; i < tile; i += Group.DimX)
        {
            var sum = 0f;
            for (var slice = 0; slice < slices; slice++)
                sum += partial[(slice * tile) + i];
            partial[i] = sum;
        }
    }

    /// <summary>
    /// act(sum · scale + bias) + residual for a tile's part inside the output. Scales and bias are [out] or empty; residual [rows, out] or
    /// empty. The tile's columns divide <paramref name="threads"/> or are a multiple of it.
    /// </summary>
    public static void Run(
        ArrayView<float> sums, int stride, int tileRows, int tileColumns, int threads, int firstRow, int firstColumn,
        ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y, int rows, int outFeatures,
            int activation)
    {
        var inside = IntrinsicMath.Min(tileRows, rows - firstRow);
        for (var i = Group.IdxX; i < inside * tileColumns; i += threads)
        {
            var (row, column) = (i / tileColumns, i % tileColumns);
            if (firstColumn + column >= outFeatures)
                continue;
            var to = ((long)(firstRow + row) * outFeatures) + firstColumn + column;
            y[to] = Value(sums[(row * stride) + column], firstColumn + column, to, scales, bias, residual, activation);
        }
    }

    /// <summary>
    /// Also rounds outputs like inputs of <typeparamref name="TPrecision"/> and stores them in 16 bits, two neighbours side by side. The
    /// number of columns is even.
    /// </summary>
    public static void Run<TPrecision>(
        ArrayView<float> sums, int stride, int tileRows, int tileColumns, int threads, int firstRow, int firstColumn,
        ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y, int rows, int outFeatures,
            int activation,
        int rounds)
        where TPrecision : struct, IMatrixPrecision
    {
        if (rounds == 0)
        {
            Run(sums, stride, tileRows, tileColumns, threads, firstRow, firstColumn, scales, bias, residual, y, rows, outFeatures,
                activation);
            return;
        }
        var inside = IntrinsicMath.Min(tileRows, rows - firstRow);
        for (var i = Group.IdxX; i < inside * (tileColumns / 2); i += threads)
        {
            var (row, column) = (i / (tileColumns / 2), i % (tileColumns / 2) * 2);
            if (firstColumn + column >= outFeatures)
                continue;
            var to = ((long)(firstRow + row) * outFeatures) + firstColumn + column;
            var first = Value(sums[(row * stride) + column], firstColumn + column, to, scales, bias, residual, activation);
            var second = Value(sums[(row * stride) + column + 1], firstColumn + column + 1, to + 1, scales, bias, residual, activation);
            y.Cast<uint>()[to >> 1] = TPrecision.Pack(first, second);
        }
    }

    private static float Value(
        float sum, int column, long to, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual, int activation)
    {
        if (scales.Length > 0)
            sum *= scales[column];
        if (bias.Length > 0)
            sum += bias[column];
        sum = ActivationFunctions.Apply(sum, activation);
        return residual.Length > 0 ? sum + residual[to] : sum;
    }
}
