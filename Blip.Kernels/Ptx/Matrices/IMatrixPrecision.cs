using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The operands of tensor cores: two values of 16 bits per register, with sums in single precision.</summary>
internal interface IMatrixPrecision
{
    /// <summary>Rounds two neighbours to nearest.</summary>
    static abstract uint Pack(float low, float high);

    /// <summary>C + A · B; see <see cref="TensorCore.MultiplyAddFloat16"/>.</summary>
    static abstract Floats4 MultiplyAdd(Bits4 a, Bits2 b, Floats4 c);

    /// <summary>The same for a warpgroup; see <see cref="TensorCore.MultiplyAddGroupFloat16"/>.</summary>
    static abstract WarpGroupSums MultiplyAdd(ulong a, ulong b, WarpGroupSums c);
}

/// <summary>Weights as <see cref="GemmTensorCoreRows"/> reads them: 16 k of 32 columns by a warp, a thread's four neighbouring columns at a time.</summary>
internal interface IMatrixWeights : IMatrixPrecision
{
    /// <summary>Pieces of 8 bytes in a panel.</summary>
    static abstract int PanelPieces(int inFeatures);

    /// <summary>A thread's part of 16 k.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="k">The thread's first k.</param>
    /// <param name="columns">Its first column, divided by four.</param>
    /// <param name="inFeatures">Zeros from there on.</param>
    static abstract MatrixColumns Load(ArrayView<Bits2> panel, int k, int columns, int inFeatures);

    /// <summary>Makes fragments of the values read; fragment j holds column j of each thread's four.</summary>
    static abstract MatrixColumns Unpack(MatrixColumns read);
}
