using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>A function of every element.</summary>
public sealed record ActivationCase(Activation Kind, int Count)
{
    /// <summary>The beginning of every case: far out, NaN, and on both sides of where tanh and erf change their formulas.</summary>
    public static readonly float[] Special = [0, 1e-30f, -1e-30f, 1e30f, -1e12f, 100, -100, float.NaN, 0.5f, -0.35f, 0.59f, -0.866f, 1.2f];

    /// <summary>The elements that are compared: of a large case those far apart, as the double reference takes longer than everything else.</summary>
    public int[] Seen
    {
        get
        {
            var step = Math.Max(1, Count / 20_000);
            return [.. Enumerable.Range(0, Count).Where(i => i < Special.Length || i % step == 0)];
        }
    }

    /// <summary>The special ones, and numbers from -12 to 12; the same every time.</summary>
    public float[] Make()
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, Count).Select(i => i < Special.Length ? Special[i] : ((random.NextSingle() * 2) - 1) * 12)];
    }
}

/// <summary>The one list of elementwise runs that tests and benchmarks share.</summary>
public static class ElementwiseCases
{
    /// <summary>Every activation on one element, on odd numbers of them, and on many.</summary>
    public static IEnumerable<ActivationCase> Activations =>
        Kinds.SelectMany(kind => new[] { 1, 17, 20_011 }, (kind, count) => new ActivationCase(kind, count));

    /// <summary>The feed-forward layer of a base model's encoder.</summary>
    public static IEnumerable<ActivationCase> RealActivations => Kinds.Select(kind => new ActivationCase(kind, 577 * 3072));

    /// <summary>Elements of sums.</summary>
    public static IReadOnlyList<int> Sums => [1, 7, 16, 1000, 40_000];

    /// <summary>The residual of a base model's encoder, of one image and of eight.</summary>
    public static IReadOnlyList<int> RealSums => [577 * 768, 8 * 577 * 768];

    /// <summary>One row, odd widths, one column, and whole rows.</summary>
    public static IReadOnlyList<(int Rows, ColumnRange Columns)> ColumnCopies =>
        [(1, new(3, 1, 5, 2, 2)), (7, new(13, 0, 26, 13, 13)), (5, new(26, 13, 13, 0, 13)), (300, new(2, 1, 3, 0, 1)), (4, new(64, 0, 64, 0, 64))];

    /// <summary>One of two twins of a base model's cross-attention: 64 texts of 35 tokens, there and back.</summary>
    public static IReadOnlyList<(int Rows, ColumnRange Columns)> RealColumnCopies => [(64 * 35, new(768, 0, 1536, 768, 768)), (64 * 35, new(1536, 768, 768, 0, 768))];

    /// <summary>The terms of a sum, the same every time.</summary>
    public static (float[] A, float[] B) Terms(int count) =>
        ([.. Enumerable.Range(0, count).Select(i => i * 0.25f)], [.. Enumerable.Range(0, count).Select(i => 1f / (i + 1))]);

    private static Activation[] Kinds => Enum.GetValues<Activation>();
}
