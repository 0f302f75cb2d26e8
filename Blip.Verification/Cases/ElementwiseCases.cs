using Blip.Kernels;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>A function of every element.</summary>
public sealed record ActivationCase(Activation Kind, int Count)
{
    /// <summary>What every case begins with: far out, no number, and on both sides of where tanh and erf change their formulas.</summary>
    public static readonly float[] Special = [0, 1e-30f, -1e-30f, 1e30f, -1e12f, 100, -100, float.NaN, 0.5f, -0.35f, 0.59f, -0.866f, 1.2f];

    // The double reference takes longer than everything else: of a large case, elements far apart.
    private int Step => Math.Max(1, Count / 20_000);

    /// <summary>The special ones, and numbers from -12 to 12; the same every time.</summary>
    public float[] Make()
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, Count).Select(i => i < Special.Length ? Special[i] : ((random.NextSingle() * 2) - 1) * 12)];
    }

    /// <summary>The largest error relative to what is allowed, and where it is.</summary>
    public (double Error, string Where) Error(float[] x, float[] actual)
    {
        var worst = (Error: 0.0, Where: "");
        for (var i = 0; i < Count; i += i < Special.Length ? 1 : Step)
        {
            var expected = ActivationsReference.Apply(x[i], Kind);
            if (double.IsNaN(expected) && float.IsNaN(actual[i]))
                continue;
            // Below 0, x/2 · (1 + erf) loses the digits that erf near -1 has no more: a unit of 1, times x.
            var bound = (2.5e-7 * Math.Abs(expected)) + (x[i] < 0 && x[i] > -12.5 ? 1e-7 * Math.Abs(x[i]) : 1e-38);
            var error = Math.Abs(actual[i] - expected) / bound;
            if (!(error <= worst.Error))
                worst = (double.IsNaN(error) ? double.PositiveInfinity : error, $"{Kind}({x[i]:R}) is {actual[i]:R}, not {expected:R}");
        }
        return worst;
    }
}

/// <summary>The one list of elementwise runs that tests and benchmarks share.</summary>
public static class ElementwiseCases
{
    /// <summary>Every activation on one element, on odd numbers of them, and on many.</summary>
    public static IEnumerable<ActivationCase> Activations =>
        Kinds.SelectMany(kind => new[] { 1, 17, 20_011 }, (kind, count) => new ActivationCase(kind, count)).Concat(RealActivations);

    /// <summary>The feed-forward layer of a base model's encoder.</summary>
    public static IEnumerable<ActivationCase> RealActivations => Kinds.Select(kind => new ActivationCase(kind, 577 * 3072));

    /// <summary>Elements of sums.</summary>
    public static IReadOnlyList<int> Sums => [1, 7, 16, 1000, 40_000, .. RealSums];

    /// <summary>The residual of a base model's encoder, of one picture and of eight.</summary>
    public static IReadOnlyList<int> RealSums => [577 * 768, 8 * 577 * 768];

    /// <summary>The terms of a sum, the same every time.</summary>
    public static (float[] A, float[] B) Terms(int count) =>
        ([.. Enumerable.Range(0, count).Select(i => i * 0.25f)], [.. Enumerable.Range(0, count).Select(i => 1f / (i + 1))]);

    private static Activation[] Kinds => Enum.GetValues<Activation>();
}
