using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Models;

/// <summary>Tells whether two checkpoints share an image encoder, so that one encoding serves both.</summary>
internal static class SharedEncoder
{
    private const string Prefix = "vision_model.";

    // Elements compared at a time: small enough for the processor's cache.
    private const int Piece = 1 << 16;

    /// <summary>Compares sizes, image preparation and every weight of the two image encoders.</summary>
    /// <exception cref="CheckpointException">The weights of one cannot be read.</exception>
    public static bool Is(ModelSource first, ModelSource second)
    {
        if (first.Config.Vision != second.Config.Vision || !SamePreparation(first.Preprocessor, second.Preprocessor))
            return false;
        // Synthetic weights follow from names and sizes alone.
        if (first is { IsSynthetic: true, Adapter: null } && second is { IsSynthetic: true, Adapter: null })
            return true;
        using var left = first.OpenTensors();
        using var right = second.OpenTensors();
        var keys = left.Keys.Where(IsOfEncoder).Order(StringComparer.Ordinal).ToList();
        return keys.Count > 0
            && keys.SequenceEqual(right.Keys.Where(IsOfEncoder).Order(StringComparer.Ordinal))
            && keys.TrueForAll(key => SameTensor(left, right, key));
    }

    // Position ids are not weights.
    private static bool IsOfEncoder(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && !key.EndsWith("position_ids", StringComparison.Ordinal);

    private static bool SamePreparation(PreprocessorConfig first, PreprocessorConfig second) =>
        first with { Mean = second.Mean, Std = second.Std } == second
            && first.Mean.SequenceEqual(second.Mean)
            && first.Std.SequenceEqual(second.Std);

    private static bool SameTensor(ITensorSource left, ITensorSource right, string key)
    {
        var (one, other) = (left.Get(key), right.Get(key));
        if (!one.Shape.SequenceEqual(other.Shape))
            return false;
        var (a, b) = (new float[Piece], new float[Piece]);
        for (var first = 0L; first < one.ElementCount; first += Piece)
        {
            var count = (int)Math.Min(Piece, one.ElementCount - first);
            left.Read(key, first, a.AsSpan(0, count));
            right.Read(key, first, b.AsSpan(0, count));
            if (!a.AsSpan(0, count).SequenceEqual(b.AsSpan(0, count)))
                return false;
        }
        return true;
    }
}
