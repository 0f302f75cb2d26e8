using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// Softmax attention, <c>softmax(Q·Kᵀ · scale) · V</c> (Vaswani et al. 2017, eq. 1), in one pass over blocks of keys. A running maximum and
/// sum replace the matrix of scores (Milakov, Gimelshein 2018; Dao et al. 2022, alg. 1), so memory is linear in the tokens. The order of
/// every sum depends on a query's keys alone, so an image gets the same bits alone and in a batch.
/// </summary>
/// <remarks>
/// Variants:
/// <list type="bullet">
/// <item><see cref="AttentionSimd"/>, CPU.</item>
/// <item><see cref="AttentionTiled"/>, OpenCL on a processor.</item>
/// <item><see cref="AttentionCuda"/>, NVIDIA GPUs. Not run on a GPU yet.</item>
/// <item><see cref="AttentionPortable"/>, other GPUs.</item>
/// </list>
/// </remarks>
public static class Attention
{
    /// <summary>The largest head size.</summary>
    public const int MaxHeadDim = 128;

    /// <summary>
    /// The format to which queries, keys and values are rounded, and in which they may be stored. Null if they are not rounded, if 16-bit
    /// heads would not be aligned, or if dropout is on, whose gradients read single precision.
    /// </summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="args">Sizes and options. Of the views, only the lengths of tables and weights are read.</param>
    public static DType? InputFormat(KernelTarget target, in AttentionArgs args) =>
        args.Dropout == 0 && AttentionCuda.OnTensorCores(target.Architecture, args)
        && (args.HeadDim | args.QueryStride | args.QueryOffset | args.KeyStride | args.KeyOffset | args.ValueStride
            | args.ValueOffset) % ValueFormats.Unit == 0
            ? args.Precision : null;

    /// <summary>Whether outputs may be stored in a 16-bit format. It must be <see cref="AttentionArgs.Precision"/>.</summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="args">As in <see cref="InputFormat"/>.</param>
    /// <param name="format">The requested format.</param>
    public static bool CanStore(KernelTarget target, in AttentionArgs args, DType format) =>
        AttentionCuda.OnTensorCores(target.Architecture, args) && args.HeadDim % ValueFormats.Unit == 0 && args.Precision == format;

    /// <summary>
    /// Whether a query has the same bits alone and beside other queries of its row. NVIDIA GPUs use different kernels for one query and for
    /// many; the number of rows changes no bits on any device.
    /// </summary>
    /// <param name="target">Which kernels run.</param>
    public static bool IsBatchInvariant(KernelTarget target) => target.Architecture < 75;

    /// <summary>Runs one attention.</summary>
    /// <exception cref="ArgumentException">
    /// A view is too short, a size is out of range, or the device's kernels do not support 16-bit values.
    /// </exception>
    public static void Run(Device device, in AttentionArgs args)
    {
        Check(args);
        if (args.InputFormat != DType.Float32 || args.OutputFormat != DType.Float32)
            CheckFormats(KernelTarget.Of(device), args);
        if (args.Rows == 0 || args.QueryTokens == 0)
            return;
        if (!device.RunsPortable)
            AttentionSimd.Run(device, args);
        else if (device.GroupSize == 1)
            AttentionTiled.Run(device, args);
        else if (!AttentionCuda.TryRun(device, args))
            AttentionPortable.Run(device, args);
    }

    internal static void Check(in AttentionArgs a)
    {
        ShapeCheck.AtLeast(a.Rows, 0, nameof(a.Rows));
        ShapeCheck.AtLeast(a.QueryTokens, 0, nameof(a.QueryTokens));
        ShapeCheck.AtLeast(a.Heads, 1, nameof(a.Heads));
        ShapeCheck.Within(a.HeadDim, 1, MaxHeadDim, nameof(a.HeadDim));
        ShapeCheck.AtLeast(a.KeyTokens, 1, nameof(a.KeyTokens));
        ShapeCheck.AtLeast(a.KeyCapacity, a.KeyTokens, nameof(a.KeyCapacity));
        DTypes.CheckWeight(a.Precision, nameof(a.Precision));
        Dropout.CheckShare(a.Dropout, nameof(a.Dropout));
        if (!(a.Scale > 0 && float.IsFinite(a.Scale)))
            throw new ArgumentException($"Scale is {a.Scale}; it must be a positive number.", nameof(a));
        var width = checked(a.Heads * a.HeadDim);
        CheckTokens(a.QueryOffset, nameof(a.QueryOffset), a.QueryStride, nameof(a.QueryStride), width);
        CheckTokens(a.KeyOffset, nameof(a.KeyOffset), a.KeyStride, nameof(a.KeyStride), width);
        CheckTokens(a.ValueOffset, nameof(a.ValueOffset), a.ValueStride, nameof(a.ValueStride), width);
        var queries = (long)a.Rows * a.QueryTokens;
        if (queries == 0)
            return;

        ShapeCheck.Holds(a.Query, a.InputFormat.Floats(((queries - 1) * a.QueryStride) + a.QueryOffset + width), nameof(a.Query),
            "[Rows, QueryTokens, QueryStride]");
        // KeyRow lists the K/V rows in device memory, so only one row can be required here.
        var keyRows = a.KeyRow.Length > 0 ? 1 : a.Rows;
        var lastKey = ((keyRows - 1L) * a.KeyCapacity) + a.KeyTokens - 1;
        ShapeCheck.Holds(a.Key, a.InputFormat.Floats((lastKey * a.KeyStride) + a.KeyOffset + width), nameof(a.Key),
            "[K/V rows, KeyCapacity, KeyStride]");
        ShapeCheck.Holds(a.Value, a.InputFormat.Floats((lastKey * a.ValueStride) + a.ValueOffset + width), nameof(a.Value),
            "[K/V rows, KeyCapacity, ValueStride]");
        if (a.KeyRow.Length > 0 && a.KeyRow.Length != a.Rows && a.KeyRow.Length != (long)a.Rows * a.KeyCapacity)
            throw new ArgumentException(
                $"KeyRow holds {a.KeyRow.Length} elements; it must be empty, [{a.Rows}] or [{a.Rows}, {a.KeyCapacity}].", nameof(a));
        ShapeCheck.EmptyOrHolds(a.Start, a.Rows, nameof(a.Start), "[Rows]");
        ShapeCheck.EmptyOrHolds(a.Mask, (long)a.Rows * a.KeyTokens, nameof(a.Mask), "[Rows, KeyTokens]");
        ShapeCheck.Holds(a.Output, a.OutputFormat.Floats(queries * width), nameof(a.Output), "[Rows, QueryTokens, Heads · HeadDim]");
        ShapeCheck.EmptyOrHolds(
            a.Probabilities, queries * a.Heads * a.KeyTokens, nameof(a.Probabilities), "[Rows, Heads, QueryTokens, KeyTokens]");
    }

    private static void CheckFormats(KernelTarget target, in AttentionArgs a)
    {
        if (a.InputFormat != DType.Float32 && InputFormat(target, a) != a.InputFormat)
            throw new ArgumentException(
                $"Queries, keys and values are {a.InputFormat}; no kernel here attends so to heads of {a.HeadDim} in {a.Precision}.",
                nameof(a));
        if (a.OutputFormat != DType.Float32 && !CanStore(target, a, a.OutputFormat))
            throw new ArgumentException(
                $"Output is {a.OutputFormat}; no kernel here stores heads of {a.HeadDim} so after {a.Precision}.", nameof(a));
    }

    private static void CheckTokens(int offset, string offsetName, int stride, string strideName, int width)
    {
        ShapeCheck.AtLeast(offset, 0, offsetName);
        ShapeCheck.AtLeast(stride, (long)offset + width, strideName);
    }
}
