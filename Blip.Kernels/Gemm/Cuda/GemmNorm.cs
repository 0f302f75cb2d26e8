using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// CUDA, few rows: the layer norm behind a linear layer. Every group that made a part of these rows says so; the last one normalises them in place,
/// a warp each, as <see cref="LayerNormWarps"/> does and with the same bits.
/// </summary>
internal static class GemmNorm
{
    /// <summary>Ends a kernel whose groups share tiles of rows, each with its own columns.</summary>
    /// <param name="y">[rows, out]: the groups' results.</param>
    /// <param name="gamma">[out].</param>
    /// <param name="beta">[out].</param>
    /// <param name="counters">A zero for each tile of rows.</param>
    /// <param name="tile">The tile of rows.</param>
    /// <param name="groups">How many groups share it.</param>
    /// <param name="tileRows">Its rows.</param>
    /// <param name="shape">The layer's sizes.</param>
    public static void Run(
        ArrayView<float> y, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<int> counters, int tile, int groups, int tileRows, GemmRowsShape shape)
    {
        if (!LastGroup.Is(counters, tile, groups))
            return;
        var end = IntrinsicMath.Min((tile + 1) * tileRows, shape.Rows);
        for (var row = (tile * tileRows) + (Group.IdxX >> 5); row < end; row += Group.DimX >> 5)
            LayerNormWarps.Normalize<AnyRows, SingleRows>(y, y.SubView(0, 0), gamma, beta, y, row, shape.OutFeatures, shape.Epsilon);
    }
}
