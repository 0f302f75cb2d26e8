using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The arguments of <see cref="GemmBackward"/>.</summary>
public struct GemmBackwardArgs
{
    /// <summary>
    /// Gradient of the layer's output <c>[Rows, out]</c> with the activation's gradient applied. Bias and residual leave it unchanged.
    /// </summary>
    public ArrayView<float> OutputGradient;

    /// <summary>Weights <c>[out, in]</c>, packed for <see cref="Gemm"/>.</summary>
    public PackedWeights Weights;

    /// <summary>Receives the gradient of the input <c>[Rows, in]</c>; not one of the inputs.</summary>
    public ArrayView<float> InputGradient;

    /// <summary>At least 0.</summary>
    public int Rows;

    /// <summary>
    /// Format of the weights in the product: single precision or 16 bits, to which NVIDIA kernels also round the other operand (see
    /// <see cref="Gemm"/>). Sums are in single precision.
    /// </summary>
    public DType Precision;
}

/// <summary>
/// The linear layer backwards, for its input: <c>dX[m, k] = Σₙ dY[m, n] · W[n, k]</c>. The tiles of <see cref="Gemm"/> compute it.
/// No transpose of the weights outlives the product.
/// The sum's order depends on the number of outputs alone: a row gets the same bits alone and in a batch.
/// </summary>
/// <remarks>
/// Variants: <see cref="GemmBackwardSimd"/> on the CPU accelerator transposes a block at a time for few rows, all weights for many.
/// <see cref="GemmBackwardPortable"/> elsewhere transposes all weights. Whole weights are transposed in scratch memory.
/// </remarks>
public static class GemmBackward
{
    /// <summary>Multiplies.</summary>
    /// <exception cref="ArgumentException">The precision has no products, or a view is too short.</exception>
    public static void Run(Device device, in GemmBackwardArgs args)
    {
        ArgumentNullException.ThrowIfNull(args.Weights);
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.Holds(args.OutputGradient, (long)args.Rows * args.Weights.OutFeatures, nameof(args.OutputGradient), "[Rows, out]");
        ShapeCheck.Holds(args.InputGradient, (long)args.Rows * args.Weights.InFeatures, nameof(args.InputGradient), "[Rows, in]");
        BackwardPrecision.Check(args.Precision);
        if (args.Rows == 0)
            return;
        if (device.RunsPortable)
            GemmBackwardPortable.Run(device, args);
        else
            GemmBackwardSimd.Run(device, args);
    }
}
