using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Attention backwards, from the softmax weights P that the run before left behind. Per head, with the gradient dO of the output:
/// <c>dP = dO·Vᵀ</c>, <c>dS = P ∘ (dP - Σⱼ Pⱼ dPⱼ)</c>, <c>dQ = dS·K · scale</c>, <c>dK = dSᵀ·Q · scale</c>, <c>dV = Pᵀ·dO</c>
/// (Dao et al. 2022, appendix B.2). The score of a padded key is a constant, and its dS is 0. Every sum runs in the order of keys, or of rows and
/// queries, so that a row's gradients have the same bits alone and in a batch, and those of keys that rows share are the same each time.
/// </summary>
/// <remarks>
/// Variants: <see cref="AttentionBackwardSimd"/> on the CPU accelerator, <see cref="AttentionBackwardPortable"/> on every other device.
/// The weights are read, not computed again: a text has few words, and who looks has asked for them anyway; long sequences would want the other
/// way. <c>dotnet run -c Release --project Blip.Bench -- kernels attentionbackward</c> times them.
/// </remarks>
public static class AttentionBackward
{
    /// <summary>Runs one attention backwards.</summary>
    /// <exception cref="ArgumentException">A view is too short for the sizes, a size is out of range, or keys are named for each position.</exception>
    public static void Run(Device device, in AttentionBackwardArgs args)
    {
        Check(args);
        if (args.Forward.Rows == 0 || args.Forward.QueryTokens == 0)
            return;
        // dS of every query and key, which both halves of the work read.
        var scores = device.Scratch(Scores(args.Forward) * sizeof(float)).Cast<float>();
        if (device.RunsPortable)
            AttentionBackwardPortable.Run(device, args, scores);
        else
            AttentionBackwardSimd.Run(device, args, scores);
    }

    /// <summary>K/V rows that have a gradient.</summary>
    internal static int KeyRows(in AttentionBackwardArgs args) =>
        args.Forward.KeyRow.Length == 0 ? args.Forward.Rows : AttentionShape.Of(args.Forward).KeyRowCount;

    private static long Scores(in AttentionArgs a) => (long)a.Rows * a.Heads * a.QueryTokens * a.KeyTokens;

    private static void Check(in AttentionBackwardArgs args)
    {
        var a = args.Forward;
        Attention.Check(a);
        var queries = (long)a.Rows * a.QueryTokens;
        if (queries == 0)
            return;
        if (a.KeyRow.Length > 0 && a.KeyRow.Length != a.Rows)
            throw new ArgumentException("KeyRow names a K/V row for each position: an attention over a cache has no gradient.", nameof(args));
        var width = a.Heads * a.HeadDim;
        ShapeCheck.Holds(a.Probabilities, Scores(a), nameof(a.Probabilities), "[Rows, Heads, QueryTokens, KeyTokens]");
        ShapeCheck.Holds(args.OutputGradient, queries * width, nameof(args.OutputGradient), "[Rows, QueryTokens, Heads · HeadDim]");
        ShapeCheck.EmptyOrHolds(args.QueryGradient, ((queries - 1) * a.QueryStride) + a.QueryOffset + width, nameof(args.QueryGradient), "[Rows, QueryTokens, QueryStride]");
        var lastKey = ((KeyRows(args) - 1L) * a.KeyCapacity) + a.KeyTokens - 1;
        ShapeCheck.EmptyOrHolds(args.KeyGradient, (lastKey * a.KeyStride) + a.KeyOffset + width, nameof(args.KeyGradient), "[K/V rows, KeyCapacity, KeyStride]");
        ShapeCheck.EmptyOrHolds(args.ValueGradient, (lastKey * a.ValueStride) + a.ValueOffset + width, nameof(args.ValueGradient), "[K/V rows, KeyCapacity, ValueStride]");
        ShapeCheck.EmptyOrHolds(args.ProbabilityGradient, Scores(a), nameof(args.ProbabilityGradient), "[Rows, Heads, QueryTokens, KeyTokens]");
    }
}
