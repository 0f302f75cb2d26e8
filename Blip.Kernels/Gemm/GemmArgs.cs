using ILGPU;

namespace Blip.Kernels;

/// <summary>The arguments of <see cref="Gemm"/>.</summary>
public struct GemmArgs
{
    /// <summary>[Rows, in].</summary>
    public ArrayView<float> X;

    /// <summary>
    /// Storage of <see cref="X"/>: single precision, or 16 bits (two to each float) where <see cref="Gemm.InputFormat"/> gives this format.
    /// </summary>
    public DType XFormat;

    /// <summary>[out, in], packed.</summary>
    public PackedWeights Weights;

    /// <summary>[out]; empty: none.</summary>
    public ArrayView<float> Bias;

    /// <summary>[Rows, out], added after the activation; empty: none. May be <see cref="Y"/>.</summary>
    public ArrayView<float> Residual;

    /// <summary>Applied to product and bias.</summary>
    public Activation Activation;

    /// <summary>[out]: gain of a <see cref="LayerNorm"/> over each finished row; empty: none.</summary>
    public ArrayView<float> Gamma;

    /// <summary>[out]: the norm's bias; empty where <see cref="Gamma"/> is.</summary>
    public ArrayView<float> Beta;

    /// <summary>Added to the variance; not negative.</summary>
    public float Epsilon;

    /// <summary>[Rows, out].</summary>
    public ArrayView<float> Y;

    /// <summary>
    /// Storage of <see cref="Y"/>; 16-bit elements are rounded like inputs of these weights (<see cref="Gemm.CanStore"/>).
    /// </summary>
    public DType YFormat;

    /// <summary>At least 0.</summary>
    public int Rows;
}
