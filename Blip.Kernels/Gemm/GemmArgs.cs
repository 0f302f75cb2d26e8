using ILGPU;

namespace Blip.Kernels;

/// <summary>What <see cref="Gemm"/> multiplies.</summary>
public struct GemmArgs
{
    /// <summary>[Rows, in].</summary>
    public ArrayView<float> X;

    /// <summary>[out, in], packed.</summary>
    public PackedWeights Weights;

    /// <summary>[out]; empty: none.</summary>
    public ArrayView<float> Bias;

    /// <summary>[Rows, out], added after the activation; empty: none. May be <see cref="Y"/>.</summary>
    public ArrayView<float> Residual;

    /// <summary>Applied to product and bias.</summary>
    public Activation Activation;

    /// <summary>[Rows, out].</summary>
    public ArrayView<float> Y;

    /// <summary>Rows of X and Y, at least 0.</summary>
    public int Rows;
}
