using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// CUDA, few rows: the layer norm after a linear layer. The last group of a tile of rows normalises them in place,
/// a warp each, with the bits of <see cref="LayerNormWarps"/>.
/// </summary>
internal static class GemmNorm
{
    /// <summary>Ends a kernel whose groups share tiles of rows, each with other columns. Counters hold a zero per tile of rows.</summary>
    public static void Run(
        ArrayView<float> y, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<int> counters, int tile, int groups, int tileRows,
            GemmRowsShape shape)
    {
        if (!LastGroup.Is(counters, tile, groups))
            return;
        var end = IntrinsicMath.Min((tile + 1) * tileRows, shape.Rows);
        for (var row = (tile * tileRows) + (Group.IdxX >> 5); row < end; row += Group.DimX >> 5)
            LayerNormWarps.Normalize<AnyRows, SingleRows>(y, y.SubView(0, 0), gamma, beta, y, row, shape.OutFeatures, shape.Epsilon);
    }
}
