using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Numbers derived from a name, the same in every language: the SplitMix64 sequence (Steele, Lea and Flood 2014) seeded with the name's
/// FNV-1a hash. Its top 24 bits are a uniform u in [0, 1); the number is <c>float32(offset + scale·√3·(2u - 1))</c>, computed in double
/// precision.
/// </summary>
internal static class SyntheticTensors
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const ulong Mix1 = 0xBF58476D1CE4E5B9;
    private const ulong Mix2 = 0x94D049BB133111EB;
    private const int Piece = 1 << 16;

    private static readonly (string[] Endings, double Offset, double Scale, bool PerFanIn)[] Rules =
    [
        (["logit_scale"], 2.6592, 0, false),
        (["layernorm.weight", "layer_norm1.weight", "layer_norm2.weight"], 1, 0.1, false),
        ([".bias"], 0, 0.05, false),
        (["word_embeddings.weight"], 0, 0.1, false),
        (["class_embedding", "position_embedding", "position_embeddings.weight"], 0, 0.2, false),
        (["qkv.weight", ".query.weight", ".key.weight"], 0, 1.6, true),
        ([".output.dense.weight"], 0, 0.4, true),
        ([""], 0, 1, true),
    ];

    /// <summary>Mean and standard deviation for a weight's name and shape.</summary>
    public static (double Offset, double Scale) Rule(string name, ReadOnlySpan<long> shape)
    {
        var fanIn = 1L;
        foreach (var length in shape.Length > 1 ? shape[1..] : [])
            fanIn *= length;
        var (_, offset, scale, perFanIn) =
            Rules.First(rule => rule.Endings.Any(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase)));
        return (offset, perFanIn ? scale / Math.Sqrt(fanIn) : scale);
    }

    /// <summary>
    /// A name's numbers of this mean and standard deviation, from a row-major index on. A salt precedes the name. A model's image has the
    /// name <c>pixel_values</c>, offset 0.1 and scale 1.
    /// </summary>
    public static unsafe void Fill(string name, double offset, double scale, Span<float> destination, long firstElement = 0)
    {
        var factor = scale * Math.Sqrt(3);
        var start = Hash(name) + unchecked((ulong)firstElement * Golden);
        if (destination.Length <= Piece)
        {
            FillPiece(start, offset, factor, destination);
            return;
        }
        fixed (float* pinned = destination)
        {
            var (numbers, count) = ((nint)pinned, destination.Length);
            Parallel.For(0, (count + Piece - 1) / Piece, piece =>
            {
                var first = piece * Piece;
                var part = new Span<float>((float*)numbers + first, Math.Min(Piece, count - first));
                FillPiece(unchecked(start + (ulong)first * Golden), offset, factor, part);
            });
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillPiece(ulong start, double offset, double factor, Span<float> destination)
    {
        unchecked
        {
            var i = 0;
            if (Vector512.IsHardwareAccelerated)
            {
                var state = Vector512.Create(start) + (Vector512<ulong>.Indices + Vector512<ulong>.One) * Golden;
                for (; i <= destination.Length - 16; i += 16)
                {
                    var low = Numbers(state, offset, factor);
                    var high = Numbers(state + Vector512.Create(8 * Golden), offset, factor);
                    Vector512.Narrow(low, high).CopyTo(destination[i..]);
                    state += Vector512.Create(16 * Golden);
                }
            }
            for (; i < destination.Length; i++)
            {
                var z = start + (ulong)(i + 1) * Golden;
                z = (z ^ (z >> 30)) * Mix1;
                z = (z ^ (z >> 27)) * Mix2;
                z ^= z >> 31;
                destination[i] = (float)(offset + factor * (2 * ((z >> 40) * (1.0 / (1 << 24))) - 1));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Numbers(Vector512<ulong> z, double offset, double factor)
    {
        z = (z ^ (z >>> 30)) * Mix1;
        z = (z ^ (z >>> 27)) * Mix2;
        z ^= z >>> 31;
        var uniform = Vector512.ConvertToDouble(z >>> 40) * (1.0 / (1 << 24));
        return Vector512.Create(offset) + factor * (2 * uniform - Vector512<double>.One);
    }

    private static ulong Hash(string name)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var value in Encoding.UTF8.GetBytes(name))
            hash = unchecked((hash ^ value) * 0x100000001B3);
        return hash;
    }
}
