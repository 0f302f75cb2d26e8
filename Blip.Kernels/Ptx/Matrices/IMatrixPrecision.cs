using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Tensor-core operands: two 16-bit values per register, with single sums.</summary>
internal interface IMatrixPrecision
{
    /// <summary>Rounds two neighbours to nearest.</summary>
    static abstract uint Pack(float low, float high);

    /// <summary>See <see cref="TensorCore.MultiplyAddFloat16"/>.</summary>
    static abstract Floats4 MultiplyAdd(Bits4 a, Bits2 b, Floats4 c);

    /// <summary>See <see cref="TensorCore.MultiplyAddGroupFloat16"/>.</summary>
    static abstract WarpGroupSums MultiplyAdd(ulong a, ulong b, WarpGroupSums c);
}

/// <summary>
/// Weights for <see cref="GemmTensorCoreRows"/>: a warp reads 16 k of 32 columns, a thread four neighbouring columns at a time.
/// </summary>
internal interface IMatrixWeights : IMatrixPrecision
{
    /// <summary>Pieces of 8 bytes per panel.</summary>
    static abstract int PanelPieces(int inFeatures);

    /// <summary>
    /// A thread's part of 16 k, from its first k and its first column divided by four; zeros from k = <paramref name="inFeatures"/> on.
    /// </summary>
    static abstract MatrixColumns Load(ArrayView<Bits2> panel, int k, int columns, int inFeatures);

    /// <summary>Makes fragments; fragment j holds column j of each thread's four.</summary>
    static abstract MatrixColumns Unpack(MatrixColumns read);
}
