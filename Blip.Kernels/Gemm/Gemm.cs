using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// The linear layer: <c>Y[m, n] = act(Σₖ X[m, k] · W[n, k] + bias[n]) + residual[m, n]</c>. The sum's order depends on the number
/// of inputs alone: a row gets the same bits alone and in a batch. 16-bit weights are widened exactly and multiplied in
/// single precision. <see cref="DType.W8A8"/> rounds inputs to 8 bits on every device; the CPU accelerator adds their products in
/// whole numbers. Its bfloat16 instructions (<see cref="GemmDot{TTiles}"/>) round the inputs of such weights.
/// CUDA rounds inputs to the weights' format (half precision beside whole numbers) and sums in single precision. Inputs may be stored
/// in that format with the same result, outputs in the next product's. A <see cref="LayerNorm"/> over the rows may follow,
/// on CUDA in the same launch for few rows.
/// </summary>
/// <remarks>
/// Variants: <see cref="GemmSimd"/> on the CPU accelerator, <see cref="GemmPortable{TTile}"/> for other drivers of processors,
/// <see cref="GemmCuda"/> for NVIDIA GPUs (not run on one yet), <see cref="GemmShared"/> for others. Times: docs/measurements.
/// Over scalars the loops of <see cref="GemmPortable{TTile}"/> are ten times slower on PoCL: its compiler leaves half of the sums
/// scalar and fuses no product.
/// </remarks>
public static class Gemm
{
    /// <summary>
    /// Products per chain of additions; chains are added in order. Root mean square errors of the goldens' hidden states, as a share of
    /// the reference's error: above 2 at worst with 768 in one chain; on average 0.9 with 256 and 0.7 with 64.
    /// </summary>
    internal const int ChainLength = 64;

    /// <summary>
    /// The format to which inputs are rounded, and in which they may be stored. Null where they are read as they are or 16-bit rows would
    /// not be aligned.
    /// </summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="weights">Format of the weights.</param>
    /// <param name="inFeatures">Length of a row.</param>
    public static DType? InputFormat(KernelTarget target, DType weights, int inFeatures) =>
        inFeatures % ValueFormats.Unit == 0 && weights != DType.W8A8 ? CudaFormats.Rounded(target.Architecture, weights) : null;

    /// <summary>Whether outputs may be stored in a 16-bit format: the one to which inputs are rounded.</summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="weights">Format of the weights.</param>
    /// <param name="outFeatures">Length of a row.</param>
    /// <param name="format">The requested format.</param>
    public static bool CanStore(KernelTarget target, DType weights, int outFeatures, DType format) =>
        outFeatures % ValueFormats.Unit == 0 && weights != DType.W8A8 && CudaFormats.Rounded(target.Architecture, weights) == format;

    /// <summary>Whether the product's kernel normalises so many rows, too; otherwise the norm is a separate launch.</summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="weights">Format of the weights.</param>
    /// <param name="rows">Number of rows.</param>
    public static bool FusesNorm(KernelTarget target, DType weights, long rows) =>
        CudaFormats.Supports(target.Architecture, weights) && GemmCuda.NormsIn(rows);

    /// <summary>
    /// Why the CPU accelerator does not use machine code that this processor could run, as a sentence for the user. Null where it does, or
    /// where processor or format have none.
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

    /// <summary>Multiplies.</summary>
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

    // Returns whether the rows are normalised, too.
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
