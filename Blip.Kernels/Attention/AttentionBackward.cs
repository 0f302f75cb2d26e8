using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// Attention backwards. With the softmax weights P of a head and the gradient dO of its output:
/// <c>dP = dO·Vᵀ</c>, <c>dS = P ∘ (dP - Σⱼ Pⱼ dPⱼ)</c>, <c>dQ = dS·K · scale</c>, <c>dK = dSᵀ·Q · scale</c>, <c>dV = Pᵀ·dO</c>
/// (Dao et al. 2022, appendix B.2). The score of a padded key is a constant, and its dS is 0.
/// Weights that the forward run stored are read. Without these they are computed again from queries and keys, a tile at a time:
/// memory stays linear in the number of tokens (section 3.1 there).
/// The sum over j is taken from P and dP, not as dO·O: this costs one of a hundred operations, and the output need not be kept.
/// With dropout <c>dP</c> is dropped as the forward run dropped P, and <c>dV</c> is made of what was left of P; the draws are made again.
/// Every sum runs in the order of keys, or of rows and queries: a row's gradients have the same bits alone and in a batch.
/// Padding behind a row's end adds zeros, and changes no bits either.
/// </summary>
/// <remarks>
/// Variants; times are in docs/measurements:
/// <list type="bullet">
/// <item><see cref="AttentionBackwardSimd"/>, the CPU accelerator. Tiles of 24 or 96 queries gave the same rate.</item>
/// <item><see cref="AttentionBackwardPortable"/>, every other device; not tuned for any.</item>
/// </list>
/// </remarks>
public static class AttentionBackward
{
    /// <summary>Runs one attention backwards.</summary>
    /// <exception cref="ArgumentException">
    /// A view is too short for the sizes, a size is out of range, values are stored in 16 bits, or keys are named for each position.
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

    /// <summary>K/V rows that have a gradient.</summary>
    internal static int KeyRows(in AttentionBackwardArgs args) =>
        args.Forward.KeyRow.Length == 0 ? args.Forward.Rows : AttentionShape.Of(args.Forward).KeyRowCount;

    private static void Check(in AttentionBackwardArgs args)
    {
        var a = args.Forward;
        var queries = (long)a.Rows * a.QueryTokens;
        ShapeCheck.Holds(
            args.OutputGradient, queries * a.Heads * a.HeadDim, nameof(args.OutputGradient), "[Rows, QueryTokens, Heads · HeadDim]");
        // The output is not read; its gradient has its shape.
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
