using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// Attention backwards. With the softmax weights P of a head and the gradient dO of its output:
/// <c>dP = dO·Vᵀ</c>, <c>dS = P ∘ (dP - Σⱼ Pⱼ dPⱼ)</c>, <c>dQ = dS·K · scale</c>, <c>dK = dSᵀ·Q · scale</c>, <c>dV = Pᵀ·dO</c>
/// (Dao et al. 2022, appendix B.2). A padded key's score is a constant: its dS is 0.
/// Weights that were not stored are recomputed tile by tile, in memory linear in the tokens (section 3.1 there).
/// The sum over j replaces dO·O, so that the output need not be kept.
/// With dropout <c>dP</c> is dropped as P was, and <c>dV</c> uses the dropped P; the draws are repeated.
/// Sums run in the order of keys, or of rows and queries. A row's gradients have the same bits alone, in a batch and with padding.
/// </summary>
/// <remarks>
/// Variants:
/// <list type="bullet">
/// <item><see cref="AttentionBackwardSimd"/>, the CPU accelerator.</item>
/// <item><see cref="AttentionBackwardPortable"/>, every other device; not tuned.</item>
/// </list>
/// </remarks>
public static class AttentionBackward
{
    /// <summary>Runs one attention backwards.</summary>
    /// <exception cref="ArgumentException">
    /// A view is too short, a size is out of range, values are stored in 16 bits, or keys are named for each position.
    /// </exception>
    public static void Run(Device device, in AttentionBackwardArgs args)
    {
        Check(args);
        if (args.Forward.Rows == 0 || args.Forward.QueryTokens == 0)
            return;
        if (device.RunsPortable)
            AttentionBackwardPortable.Run(device, args);
        else
            AttentionBackwardSimd.Run(device, args);
    }

    internal static int KeyRows(in AttentionBackwardArgs args) =>
        args.Forward.KeyRow.Length == 0 ? args.Forward.Rows : AttentionShape.Of(args.Forward).KeyRowCount;

    private static void Check(in AttentionBackwardArgs args)
    {
        var a = args.Forward;
        var queries = (long)a.Rows * a.QueryTokens;
        ShapeCheck.Holds(
            args.OutputGradient, queries * a.Heads * a.HeadDim, nameof(args.OutputGradient), "[Rows, QueryTokens, Heads · HeadDim]");
        // The output is not read. Its gradient has its shape.
        Attention.Check(a with { Output = args.OutputGradient });
        if (queries == 0)
            return;
        if (a.KeyRow.Length > 0 && a.KeyRow.Length != a.Rows)
            throw new ArgumentException("KeyRow names a K/V row for each position: attention over a cache has no gradient.", nameof(args));
        if (a.InputFormat != DType.Float32)
            throw new ArgumentException($"Queries, keys and values are {a.InputFormat}; gradients need {DType.Float32}.", nameof(args));
        var width = a.Heads * a.HeadDim;
        var lastQuery = (queries - 1) * a.QueryStride;
        var lastKey = ((KeyRows(args) - 1L) * a.KeyCapacity) + a.KeyTokens - 1;
        var (keyEnd, valueEnd) = ((lastKey * a.KeyStride) + a.KeyOffset + width, (lastKey * a.ValueStride) + a.ValueOffset + width);
        const string weights = "[Rows, Heads, QueryTokens, KeyTokens]";
        ShapeCheck.EmptyOrHolds(
            args.QueryGradient, lastQuery + a.QueryOffset + width, nameof(args.QueryGradient), "[Rows, QueryTokens, QueryStride]");
        ShapeCheck.EmptyOrHolds(args.KeyGradient, keyEnd, nameof(args.KeyGradient), "[K/V rows, KeyCapacity, KeyStride]");
        ShapeCheck.EmptyOrHolds(args.ValueGradient, valueEnd, nameof(args.ValueGradient), "[K/V rows, KeyCapacity, ValueStride]");
        ShapeCheck.EmptyOrHolds(args.ProbabilityGradient, queries * a.Heads * a.KeyTokens, nameof(args.ProbabilityGradient), weights);
    }
}
