using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>An activation.</summary>
public sealed record ActivationCase(Activation Kind, int Count)
{
    /// <summary>Every case's first elements: extremes, NaN, and both sides of the points where tanh and erf change formulas.</summary>
    public static readonly float[] Special = [0, 1e-30f, -1e-30f, 1e30f, -1e12f, 100, -100, float.NaN, 0.5f, -0.35f, 0.59f, -0.866f, 1.2f];

    /// <summary>The compared elements: of large cases a sample, since the reference is slow.</summary>
    public int[] Seen
    {
        get
        {
            var step = Math.Max(1, Count / 20_000);
            return [.. Enumerable.Range(0, Count).Where(i => i < Special.Length || i % step == 0)];
        }
    }

    /// <summary>The special values, then deterministic numbers from -12 to 12.</summary>
    public float[] Make()
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, Count).Select(i => i < Special.Length ? Special[i] : ((random.NextSingle() * 2) - 1) * 12)];
    }
}

/// <summary>The elementwise runs.</summary>
public static class ElementwiseCases
{
    /// <summary>Every activation on one element, odd counts, and many.</summary>
    public static IEnumerable<ActivationCase> Activations =>
        Kinds.SelectMany(kind => new[] { 1, 17, 20_011 }, (kind, count) => new ActivationCase(kind, count));

    /// <summary>A base model's feed-forward layer.</summary>
    public static IEnumerable<ActivationCase> RealActivations => Kinds.Select(kind => new ActivationCase(kind, 577 * 3072));

    /// <summary>Lengths of sums.</summary>
    public static IReadOnlyList<int> Sums => [1, 7, 16, 1000, 40_000];

    /// <summary>A base model's residual for one image and eight.</summary>
    public static IReadOnlyList<int> RealSums => [577 * 768, 8 * 577 * 768];

    /// <summary>One row, odd widths, one column, whole rows.</summary>
    public static IReadOnlyList<(int Rows, ColumnRange Columns)> ColumnCopies =>
        [(1, new(3, 1, 5, 2, 2)), (7, new(13, 0, 26, 13, 13)), (5, new(26, 13, 13, 0, 13)), (300, new(2, 1, 3, 0, 1)),
            (4, new(64, 0, 64, 0, 64))];

    /// <summary>One twin of a base model's cross-attention, there and back: 64 texts of 35 tokens.</summary>
    public static IReadOnlyList<(int Rows, ColumnRange Columns)> RealColumnCopies =>
        [(64 * 35, new(768, 0, 1536, 768, 768)), (64 * 35, new(1536, 768, 768, 0, 768))];

    /// <summary>A sum's deterministic terms.</summary>
    public static (float[] A, float[] B) Terms(int count) =>
        ([.. Enumerable.Range(0, count).Select(i => i * 0.25f)], [.. Enumerable.Range(0, count).Select(i => 1f / (i + 1))]);

    private static Activation[] Kinds => Enum.GetValues<Activation>();
}
