using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The arguments of <see cref="GemmBackward"/>.</summary>
public struct GemmBackwardArgs
{
    /// <summary>The gradient of the layer's output <c>[Rows, out]</c>, before bias and residual (which pass it on as it is) and behind the activation's own.</summary>
    public ArrayView<float> OutputGradient;

    /// <summary>The layer's weights <c>[out, in]</c>, packed as <see cref="Gemm"/> reads them.</summary>
    public PackedWeights Weights;

    /// <summary>Receives the gradient of the layer's input <c>[Rows, in]</c>; not one of the inputs.</summary>
    public ArrayView<float> InputGradient;

    /// <summary>Rows, at least 0.</summary>
    public int Rows;

    /// <summary>
    /// The format of the packed operand, the weights: single precision, or 16 bits. Kernels for NVIDIA GPUs then round the other operand to
    /// it, too (see <see cref="Gemm"/>). Sums are in single precision.
    /// </summary>
    public DType Precision;
}

/// <summary>
/// The linear layer backwards, with respect to its input: <c>dX[m, k] = Σₙ dY[m, n] · W[n, k]</c>. That is a product with the transposed
/// weights, and the tiles of <see cref="Gemm"/> compute it. No second copy of the weights is kept: they are transposed as they are read.
/// The order of the sum depends on the number of outputs alone, so that a row gets the same bits alone and in a batch.
/// </summary>
/// <remarks>
/// Variants: <see cref="GemmBackwardSimd"/> on the CPU accelerator, which transposes a block at a time within the first-level cache;
/// <see cref="GemmBackwardPortable"/> on every other device, which transposes all of them in scratch memory.
/// Times: docs/measurements.
/// </remarks>
public static class GemmBackward
{
    /// <summary>Multiplies; see the formula above.</summary>
    /// <exception cref="ArgumentException">The precision has no products, a view is too short for these sizes.</exception>
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
