using ILGPU;

namespace Blip.Kernels;

/// <summary>The arguments of <see cref="GemmWeightBackward"/>.</summary>
public struct GemmWeightBackwardArgs
{
    /// <summary>The layer's input <c>[Rows, in]</c>.</summary>
    public ArrayView<float> X;

    /// <summary>The gradient of the layer's output <c>[Rows, out]</c>, before bias and residual and behind the activation's own.</summary>
    public ArrayView<float> OutputGradient;

    /// <summary>The gradient of the weights <c>[in, out]</c>, which is added to; not one of the inputs.</summary>
    public ArrayView<float> WeightGradient;

    /// <summary>The gradient of the bias <c>[out]</c>, which is added to; empty: none.</summary>
    public ArrayView<float> BiasGradient;

    /// <summary>Rows of X, at least 0; a multiple of <see cref="SliceRows"/>.</summary>
    public int Rows;

    /// <summary>Rows that are summed up by themselves before they are added: those of one sample, at least 1.</summary>
    public int SliceRows;

    /// <summary>Inputs per row, at least 1.</summary>
    public int InFeatures;

    /// <summary>Outputs per row, at least 1.</summary>
    public int OutFeatures;

    /// <summary>
    /// The format of the packed operand, the output gradient: single precision, or 16 bits. Kernels for NVIDIA GPUs then round the other operand to
    /// it, too (see <see cref="Gemm"/>). Sums are in single precision.
    /// </summary>
    public DType Precision;
}
