using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="LowRankMerge"/>.</summary>
public struct LowRankMergeArgs
{
    /// <summary>The matrix without the product, in single precision.</summary>
    public PackedWeights Base;

    /// <summary>A matrix of the same shape, in single precision, which receives the sum.</summary>
    public PackedWeights Weights;

    /// <summary>The same matrix in 16 bits, which products read: it receives the sum, rounded. Null: there is none.</summary>
    public PackedWeights? Rounded;

    /// <summary>A, <c>[rank, in]</c>.</summary>
    public ArrayView<float> Down;

    /// <summary>B, transposed: <c>[rank, out]</c>.</summary>
    public ArrayView<float> Up;

    /// <summary>Outputs that the product is added to; others stay as they are.</summary>
    public int OutFeatures;

    /// <summary>The first of them among the matrix's.</summary>
    public int FirstOutput;

    /// <summary>The rank of the product.</summary>
    public int Rank;

    /// <summary>The factor of the product.</summary>
    public float Scale;
}
