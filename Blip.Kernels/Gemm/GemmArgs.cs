using ILGPU;

namespace Blip.Kernels;

/// <summary>The arguments of <see cref="Gemm"/>.</summary>
public struct GemmArgs
{
    /// <summary>[Rows, in].</summary>
    public ArrayView<float> X;

    /// <summary>
    /// How the elements of <see cref="X"/> are stored: in single precision, or in 16 bits, two to each float of the view, where
    /// <see cref="Gemm.InputFormat"/> gives this format.
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

    /// <summary>[out]: the gain of a <see cref="LayerNorm"/> over each finished row; empty: none.</summary>
    public ArrayView<float> Gamma;

    /// <summary>[out]: its bias; empty where <see cref="Gamma"/> is.</summary>
    public ArrayView<float> Beta;

    /// <summary>The addition to the variance; not negative.</summary>
    public float Epsilon;

    /// <summary>[Rows, out].</summary>
    public ArrayView<float> Y;

    /// <summary>The same for <see cref="Y"/>: in 16 bits its elements are rounded as inputs of these weights are; see <see cref="Gemm.CanStore"/>.</summary>
    public DType YFormat;

    /// <summary>Rows of X and Y, at least 0.</summary>
    public int Rows;
}
