using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The end of a linear layer for a tile of sums in shared memory: neighbouring work-items write neighbouring outputs.</summary>
internal static class GemmEpilogue
{
    /// <summary>
    /// Adds up the slices of a tile, that lie one after the other, into the first one; each work-item those elements that it writes in
    /// <see cref="Run"/>, so that no barrier is needed between the two.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    /// <summary>act(sum · scale + bias) + residual for the part of a tile that lies inside of the output.</summary>
    /// <param name="sums">The tile.</param>
    /// <param name="stride">From one of its rows to the next.</param>
    /// <param name="tileRows">Its rows.</param>
    /// <param name="tileColumns">Its columns; divides <paramref name="threads"/> or is a multiple of it.</param>
    /// <param name="threads">Work-items of the group.</param>
    /// <param name="firstRow">Where it begins.</param>
    /// <param name="firstColumn">Where it begins.</param>
    /// <param name="scales">[out] or empty.</param>
    /// <param name="bias">[out] or empty.</param>
    /// <param name="residual">[rows, out] or empty.</param>
    /// <param name="y">[rows, out].</param>
    /// <param name="rows">Rows of the output.</param>
    /// <param name="outFeatures">Columns of the output.</param>
    /// <param name="activation">Applied to sum and bias.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(
        ArrayView<float> sums, int stride, int tileRows, int tileColumns, int threads, int firstRow, int firstColumn,
        ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y, int rows, int outFeatures, int activation)
    {
        var inside = IntrinsicMath.Min(tileRows, rows - firstRow);
        for (var i = Group.IdxX; i < inside * tileColumns; i += threads)
        {
            var (row, column) = (i / tileColumns, i % tileColumns);
            if (firstColumn + column >= outFeatures)
                continue;
            var sum = sums[(row * stride) + column];
            if (scales.Length > 0)
                sum *= scales[firstColumn + column];
            if (bias.Length > 0)
                sum += bias[firstColumn + column];
            sum = ActivationsPortable.Apply(sum, activation);
            var to = ((long)(firstRow + row) * outFeatures) + firstColumn + column;
            if (residual.Length > 0)
                sum += residual[to];
            y[to] = sum;
        }
    }
}
