using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// The linear layer: <c>Y[m, n] = act(Σₖ X[m, k] · W[n, k] + bias[n]) + residual[m, n]</c>. A <see cref="LayerNorm"/> over the rows of Y
/// may follow. The order of a sum depends on the number of inputs alone, so a row gets the same bits alone and in a batch.
/// </summary>
/// <remarks>
/// Arithmetic:
/// <list type="bullet">
/// <item>16-bit weights are widened exactly and multiplied in single precision.</item>
/// <item>
/// <see cref="DType.W8A8"/> rounds inputs to 8 bits on every device. The CPU accelerator adds their products in whole numbers.
/// </item>
/// <item>The CPU accelerator's bfloat16 instructions (<see cref="GemmDot{TTiles}"/>) round the inputs of bfloat16 weights.</item>
/// <item>
/// CUDA rounds inputs to the weights' format (to half precision for weights in whole numbers) and sums in single precision. Inputs may be
/// stored in that format with the same result. Outputs may be stored in the format of the next product.
/// </item>
/// </list>
/// Variants (times: docs/measurements):
/// <list type="bullet">
/// <item><see cref="GemmSimd"/>, the CPU accelerator.</item>
/// <item>
/// <see cref="GemmPortable{TTile}"/>, OpenCL on a processor. Its loops use vectors: with scalars they are ten times slower on PoCL, whose
/// compiler leaves half of the sums scalar and fuses no product.
/// </item>
/// <item><see cref="GemmCuda"/>, NVIDIA GPUs. Not run on a GPU yet. For few rows, the same launch normalises them.</item>
/// <item><see cref="GemmShared"/>, other GPUs.</item>
/// </list>
/// </remarks>
public static class Gemm
{
    /// <summary>
    /// Products per chain of additions; chains are added in order. Short chains round less. The goldens' hidden states have these root mean
    /// square errors, relative to the reference's error: up to 2 and more with 768 products per chain, on average 0.9 with 256 and 0.7
    /// with 64.
    /// </summary>
    internal const int ChainLength = 64;

    /// <summary>
    /// The format to which inputs are rounded, and in which they may be stored. Null if they are not rounded, or if 16-bit rows would not
    /// be aligned.
    /// </summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="weights">Format of the weights.</param>
    /// <param name="inFeatures">Length of an input row.</param>
    public static DType? InputFormat(KernelTarget target, DType weights, int inFeatures) =>
        inFeatures % ValueFormats.Unit == 0 && weights != DType.W8A8 ? CudaFormats.Rounded(target.Architecture, weights) : null;

    /// <summary>Whether outputs may be stored in a 16-bit format. It must be the one to which inputs are rounded.</summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="weights">Format of the weights.</param>
    /// <param name="outFeatures">Length of an output row.</param>
    /// <param name="format">The requested format.</param>
    public static bool CanStore(KernelTarget target, DType weights, int outFeatures, DType format) =>
        outFeatures % ValueFormats.Unit == 0 && weights != DType.W8A8 && CudaFormats.Rounded(target.Architecture, weights) == format;

    /// <summary>Whether the product's kernel also normalises this many rows. Otherwise the norm is a separate launch.</summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="weights">Format of the weights.</param>
    /// <param name="rows">Number of rows.</param>
    public static bool FusesNorm(KernelTarget target, DType weights, long rows) =>
        CudaFormats.Supports(target.Architecture, weights) && GemmCuda.NormsIn(rows);

    /// <summary>
    /// A sentence for the user: why the CPU accelerator does not use machine code that this processor could run. Null if it does, or if
    /// there is none for the processor or the format.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="weights">Format of the weights.</param>
    /// <exception cref="ArgumentOutOfRangeException">This is no format of weights.</exception>
    public static string? Refusal(Device device, DType weights)
    {
        ArgumentNullException.ThrowIfNull(device);
        DTypes.CheckWeight(weights, nameof(weights));
        return device.RunsPortable ? null : GemmDot.Refusal(device.Vectors, weights);
    }

    /// <summary>The 16-bit format to which an open device's kernels round inputs; null where they do not.</summary>
    internal static DType? Rounded(Device device, DType weights)
    {
        if (device.RunsPortable)
            return CudaFormats.Rounded(KernelTarget.Of(device).Architecture, weights);
        return weights == DType.BFloat16 && GemmDot.Tiles(device.Vectors, weights) is not null ? weights : null;
    }

    /// <summary>Runs one linear layer, with the norm if the arguments have one.</summary>
    /// <exception cref="ArgumentException">A view is too short, or the device's kernels do not support 16-bit values.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The activation does not exist.</exception>
    public static void Run(Device device, in GemmArgs args)
    {
        ArgumentNullException.ThrowIfNull(args.Weights);
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ActivationFunctions.Check(args.Activation);
        var outputs = (long)args.Rows * args.Weights.OutFeatures;
        if (args.XFormat != DType.Float32 || args.YFormat != DType.Float32)
            CheckFormats(KernelTarget.Of(device), args);
        ShapeCheck.Holds(args.X, args.XFormat.Floats((long)args.Rows * args.Weights.InFeatures), nameof(args.X), "[Rows, in]");
        ShapeCheck.EmptyOrHolds(args.Bias, args.Weights.OutFeatures, nameof(args.Bias), "[out]");
        ShapeCheck.EmptyOrHolds(args.Residual, outputs, nameof(args.Residual), "[Rows, out]");
        ShapeCheck.Holds(args.Y, args.YFormat.Floats(outputs), nameof(args.Y), "[Rows, out]");
        ShapeCheck.EmptyOrHolds(args.Gamma, args.Weights.OutFeatures, nameof(args.Gamma), "[out]");
        if (args.Gamma.Length > 0)
            LayerNorm.Check(args.Gamma, args.Beta, args.Weights.OutFeatures, args.Epsilon);
        if (args.Rows == 0)
            return;
        if (Multiply(device, args) || args.Gamma.Length == 0)
            return;
        LayerNorm.Run(device, args.Y, default, args.Gamma, args.Beta, args.Y, args.Rows, args.Weights.OutFeatures, args.Epsilon);
    }

    // True if the kernel also normalised the rows.
    private static bool Multiply(Device device, in GemmArgs args)
    {
        // The device chooses, never the number of rows: an output's bits must not depend on its batch.
        if (!device.RunsPortable)
        {
            GemmSimd.Run(device, args);
            return false;
        }
        var rounded = RoundInputs.Run(device, args);
        if (CudaFormats.Supports(KernelTarget.Of(device).Architecture, args.Weights.Format))
            return GemmCuda.Run(device, rounded);
        GemmShapes.Run(device, rounded, TileChoice.Of(device).For(rounded));
        return false;
    }

    private static void CheckFormats(KernelTarget target, in GemmArgs args)
    {
        var weights = args.Weights;
        if (args.XFormat != DType.Float32 && InputFormat(target, weights.Format, weights.InFeatures) != args.XFormat)
            throw new ArgumentException(
                $"X is {args.XFormat}; no kernel here multiplies rows of {weights.InFeatures} so with {weights.Format}.", nameof(args));
        if (args.YFormat != DType.Float32 && args.Gamma.Length > 0)
            throw new ArgumentException($"Y is {args.YFormat}; rows are normalised in single precision.", nameof(args));
        if (args.YFormat != DType.Float32 && !CanStore(target, weights.Format, weights.OutFeatures, args.YFormat))
            throw new ArgumentException(
                $"Y is {args.YFormat}; no kernel here stores rows of {weights.OutFeatures} so after {weights.Format}.", nameof(args));
    }
}
