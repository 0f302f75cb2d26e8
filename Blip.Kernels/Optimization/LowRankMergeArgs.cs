using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="LowRankMerge"/>.</summary>
public struct LowRankMergeArgs
{
    /// <summary>W0, in single precision.</summary>
    public PackedWeights Base;

    /// <summary>Receives the sum, in single precision, in W0's shape.</summary>
    public PackedWeights Weights;

    /// <summary>Receives the sum rounded to 16 bits, for products; or null.</summary>
    public PackedWeights? Rounded;

    /// <summary>A, <c>[rank, in]</c>.</summary>
    public ArrayView<float> Down;

    /// <summary>B, transposed: <c>[rank, out]</c>.</summary>
    public ArrayView<float> Up;

    /// <summary>Outputs with the product; others stay.</summary>
    public int OutFeatures;

    /// <summary>The first of them.</summary>
    public int FirstOutput;

    /// <summary>The product's rank.</summary>
    public int Rank;

    /// <summary>The product's factor.</summary>
    public float Scale;
}
