using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// The linear layer: <c>Y[m, n] = act(Σₖ X[m, k] · W[n, k] + bias[n]) + residual[m, n]</c>. The order of the sum depends on the number
/// of inputs alone, so that a row gets the same bits alone and in a batch. Weights of 16 bits are widened exactly and multiplied in
/// single precision: the error against the rounded weights is that of single precision. With <see cref="DType.W8A8"/> inputs are rounded to
/// 8 bits on every device, and their products added up in whole numbers on the CPU accelerator. Where that multiplies bfloat16
/// (<see cref="GemmDot{TTiles}"/>), inputs of such weights are rounded to it. On CUDA inputs are rounded as the weights are,
/// to half precision beside whole numbers, and the sums are in single precision; inputs may be stored in that format, with the same result, and
/// outputs in that of the next product. Rows may be normalised at the end (<see cref="LayerNorm"/>), on CUDA by the same launch where they are few.
/// </summary>
/// <remarks>
/// Variants: <see cref="GemmSimd"/> on the CPU accelerator, <see cref="GemmPortable{TTile}"/> for other drivers of processors,
/// <see cref="GemmCuda"/> for NVIDIA GPUs (not run on one yet), <see cref="GemmShared"/> for others. GFLOP/s on 2 cores of an AMD EPYC with AVX-512 (519 at most) that others kept busy: the best
/// repetition of several runs of <c>dotnet run -c Release --project Blip.Bench -- kernels gemm</c>, and their best median:
/// <code>
/// GemmSimd                   Float32      Float16     BFloat16
/// [577,  768] ->  2304       418, 400
/// [577,  768] ->   768       439, 406
/// [577,  768] ->  3072 gelu  402, 388     350, 189    398, 192
/// [577, 3072] ->   768       389, 328
/// [1,    768] -> 30524        31,  18      44,  22     55,  34   medians of 35, 22 and 34 GB/s
/// [3,    768] -> 30524        88,  52
/// </code>
/// <see cref="GemmPortable{TTile}"/>, PoCL 6 on 2 cores of an AMD EPYC that reach 222 GFLOP/s, medians of half a second alone on the machine,
/// by <c>dotnet run -c Release --project Blip.Bench -- kernels gemm --device opencl</c>:
/// <code>
///                            Float32     Float16     BFloat16    Int8
/// [577,  768] ->  2304       190                                 160
/// [577,  768] ->   768       181                                 142
/// [577,  768] ->  3072 gelu  185         164         165         137
/// [577, 3072] ->   768       203                                 156
/// [1,    768] -> 30524       28 GB/s     35 GB/s     40 GB/s     27 GB/s
/// </code>
/// The same loops over scalars, which PoCL's compiler makes vectors of by itself, reached 17 to 20: half of the sums stayed scalars, none
/// of the products was fused.
/// </remarks>
public static class Gemm
{
    /// <summary>
    /// Products per chain of additions; the sums of the chains are added up in their order. The root mean square errors of the goldens'
    /// hidden states, as a share of the reference's own: above 2 at worst with 768 in one chain; on average 0.9 with 256 and 0.7 with 64.
    /// </summary>
    internal const int ChainLength = 64;

    /// <summary>
    /// The format to which inputs are rounded before they are multiplied, and in which they may be stored; null where they are read as they are, or
    /// where rows in 16 bits would not be aligned.
    /// </summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="weights">How the weights are stored.</param>
    /// <param name="inFeatures">The length of a row.</param>
    public static DType? InputFormat(KernelTarget target, DType weights, int inFeatures) =>
        inFeatures % ValueFormats.Unit == 0 && weights != DType.W8A8 ? CudaFormats.Rounded(target.Architecture, weights) : null;

    /// <summary>Whether outputs may be stored in a format of 16 bits: the one to which inputs are rounded.</summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="weights">How the weights are stored.</param>
    /// <param name="outFeatures">The length of a row.</param>
    /// <param name="format">The format that is asked for.</param>
    public static bool CanStore(KernelTarget target, DType weights, int outFeatures, DType format) =>
        outFeatures % ValueFormats.Unit == 0 && weights != DType.W8A8 && CudaFormats.Rounded(target.Architecture, weights) == format;

    /// <summary>Whether the kernel that multiplies so many rows normalises them, too; elsewhere the norm is a separate launch.</summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="weights">How the weights are stored.</param>
    /// <param name="rows">The rows.</param>
    public static bool FusesNorm(KernelTarget target, DType weights, long rows) => CudaFormats.Supports(target.Architecture, weights) && GemmCuda.NormsIn(rows);

    /// <summary>
    /// Why the CPU accelerator does not multiply weights of a format with machine code that this processor could run, as a sentence for its user;
    /// null where it does, or where the processor or the format has none.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="weights">How the weights are stored.</param>
    /// <exception cref="ArgumentOutOfRangeException">This is no format of weights.</exception>
    public static string? Refusal(Device device, DType weights)
    {
        ArgumentNullException.ThrowIfNull(device);
        DTypes.CheckWeight(weights, nameof(weights));
        return device.RunsPortable ? null : GemmDot.Refusal(device.Vectors, weights);
    }

    /// <summary>The format of 16 bits to which an open device's kernels round inputs, stored as they may be; null where they do not.</summary>
    internal static DType? Rounded(Device device, DType weights)
    {
        if (device.RunsPortable)
            return CudaFormats.Rounded(KernelTarget.Of(device).Architecture, weights);
        return weights == DType.BFloat16 && GemmDot.Tiles(device.Vectors, weights) is not null ? weights : null;
    }

    /// <summary>Multiplies; see the formula above.</summary>
    /// <exception cref="ArgumentException">
    /// A view is too short for these sizes, or the device's kernels do not read or write values of 16 bits.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The activation is not one that exists.</exception>
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

    // Whether the rows are normalised, too.
    private static bool Multiply(Device device, in GemmArgs args)
    {
        // By the device, never by the number of rows: the bits of an output must not depend on its batch.
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
            throw new ArgumentException($"X is {args.XFormat}; no kernel here multiplies rows of {weights.InFeatures} so with {weights.Format}.", nameof(args));
        if (args.YFormat != DType.Float32 && args.Gamma.Length > 0)
            throw new ArgumentException($"Y is {args.YFormat}; rows are normalised in single precision.", nameof(args));
        if (args.YFormat != DType.Float32 && !CanStore(target, weights.Format, weights.OutFeatures, args.YFormat))
            throw new ArgumentException($"Y is {args.YFormat}; no kernel here stores rows of {weights.OutFeatures} so after {weights.Format}.", nameof(args));
    }
}
