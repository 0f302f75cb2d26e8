using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="LowRankGradient"/>.</summary>
public struct LowRankGradientArgs
{
    /// <summary>The whole matrix's gradient <c>[in, columns]</c>, the transpose of the checkpoint's.</summary>
    public ArrayView<float> Gradient;

    /// <summary>A, <c>[rank, in]</c>.</summary>
    public ArrayView<float> Down;

    /// <summary>B, transposed: <c>[rank, out]</c>.</summary>
    public ArrayView<float> Up;

    /// <summary>Receives <see cref="Down"/>'s gradient.</summary>
    public ArrayView<float> DownGradient;

    /// <summary>Receives <see cref="Up"/>'s gradient.</summary>
    public ArrayView<float> UpGradient;

    /// <summary>The matrix's inputs.</summary>
    public int InFeatures;

    /// <summary>Outputs with the product.</summary>
    public int OutFeatures;

    /// <summary>Columns of <see cref="Gradient"/>: the outputs of all stacked modules.</summary>
    public int Columns;

    /// <summary>The first output's column.</summary>
    public int FirstColumn;

    /// <summary>The product's rank.</summary>
    public int Rank;

    /// <summary>The product's factor.</summary>
    public float Scale;
}
