using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="LowRankGradient"/>.</summary>
public struct LowRankGradientArgs
{
    /// <summary>The gradient of the whole matrix <c>[in, columns]</c>, the transpose of the checkpoint's.</summary>
    public ArrayView<float> Gradient;

    /// <summary>A, <c>[rank, in]</c>.</summary>
    public ArrayView<float> Down;

    /// <summary>B, transposed: <c>[rank, out]</c>.</summary>
    public ArrayView<float> Up;

    /// <summary>Receives the gradient of <see cref="Down"/>.</summary>
    public ArrayView<float> DownGradient;

    /// <summary>Receives the gradient of <see cref="Up"/>.</summary>
    public ArrayView<float> UpGradient;

    /// <summary>Inputs of the matrix.</summary>
    public int InFeatures;

    /// <summary>Outputs that the product is added to.</summary>
    public int OutFeatures;

    /// <summary>Columns of <see cref="Gradient"/>: outputs of all modules that are stacked there.</summary>
    public int Columns;

    /// <summary>The first of the outputs among the columns.</summary>
    public int FirstColumn;

    /// <summary>The rank of the product.</summary>
    public int Rank;

    /// <summary>The factor of the product.</summary>
    public float Scale;
}
