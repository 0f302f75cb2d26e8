using ILGPU;

namespace Blip.Kernels;

/// <summary>The arguments of <see cref="GemmWeightBackward"/>.</summary>
public struct GemmWeightBackwardArgs
{
    /// <summary>Input <c>[Rows, in]</c>.</summary>
    public ArrayView<float> X;

    /// <summary>Gradient of the layer's output <c>[Rows, out]</c> with the activation's gradient applied.</summary>
    public ArrayView<float> OutputGradient;

    /// <summary>Weight gradient <c>[in, out]</c>, added to; not one of the inputs.</summary>
    public ArrayView<float> WeightGradient;

    /// <summary>Bias gradient <c>[out]</c>, added to; empty: none.</summary>
    public ArrayView<float> BiasGradient;

    /// <summary>A multiple of <see cref="SliceRows"/>, at least 0.</summary>
    public int Rows;

    /// <summary>Rows of one sample, summed separately; at least 1.</summary>
    public int SliceRows;

    /// <summary>At least 1.</summary>
    public int InFeatures;

    /// <summary>At least 1.</summary>
    public int OutFeatures;

    /// <summary>
    /// Format of the output gradient in the product: single precision or 16 bits, to which NVIDIA kernels also round the other operand (see
    /// <see cref="Gemm"/>). Sums are in single precision.
    /// </summary>
    public DType Precision;
}
