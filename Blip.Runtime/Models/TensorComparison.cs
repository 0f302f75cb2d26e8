using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Models;

/// <summary>Tells whether a checkpoint holds one tensor under two names.</summary>
internal static class TensorComparison
{
    private const int Chunk = 1 << 16;

    /// <summary>True where shapes and all values are the same.</summary>
    public static bool Equal(ITensorSource source, TensorInfo a, TensorInfo b)
    {
        if (!a.Shape.SequenceEqual(b.Shape))
            return false;
        var length = a.Shape.Aggregate(1L, (product, size) => product * size);
        var (left, right) = (new float[Chunk], new float[Chunk]);
        for (var start = 0L; start < length; start += Chunk)
        {
            var count = (int)Math.Min(Chunk, length - start);
            source.Read(a.Key, start, left.AsSpan(0, count));
            source.Read(b.Key, start, right.AsSpan(0, count));
            if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                return false;
        }
        return true;
    }
}
