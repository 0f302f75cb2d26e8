using System.Diagnostics;
using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>The rows' values.</summary>
public enum RowValues
{
    /// <summary>About zero, of spread one.</summary>
    Usual,

    /// <summary>Up to ±10,000.</summary>
    Large,

    /// <summary>1000 ± 0.001. The residual is also far from zero, and differs per row.</summary>
    Offset,

    /// <summary>One value throughout.</summary>
    Constant,

    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>Squares underflow in float.</summary>
    Tiny,

    /// <summary>Zero but for one large element.</summary>
    Spike,

    /// <summary>The square of one element, the last, the first or a middle one, overflows.</summary>
    Steep,
}

/// <summary>Rows to normalise.</summary>
public sealed record NormalizationCase(int Rows, int Width, RowValues Values = RowValues.Usual, float Eps = 1e-5f, bool Residual = false)
{
    /// <summary>The results' format, where kernels can store it.</summary>
    public DType Format { get; init; }

    /// <summary>Whether inputs are not aligned to 16 bytes.</summary>
    public bool Shifted { get; init; }

    /// <summary>Bytes that layer normalisation reads and writes.</summary>
    public double Bytes => (2.0 + (Residual ? 1 : 0)) * Rows * Width * sizeof(float);

    /// <summary>The values in a case's name; empty for usual ones.</summary>
    public string ValuesName => Values == RowValues.Usual ? "" : $" {Values}";

    /// <summary>The deterministic inputs.</summary>
    public NormalizationInputs Make()
    {
        var random = new Random((Rows * 31) + Width);
        var x = new float[Rows * Width];
        for (var i = 0; i < x.Length; i++)
            x[i] = Value(random, i / Width, i % Width);
        return new(x, Residual ? Added(random, x.Length) : null, Uniform(random, Width, 2), Uniform(random, Width, 0.5f));
    }

    private float Value(Random random, int row, int column) => Values switch
    {
        RowValues.Large => Between(random, 1e4f),
        RowValues.Offset => 1000 + Between(random, 1e-3f),
        RowValues.Constant => 0.1f + (row * 1.7f),
        RowValues.Zero => 0,
        RowValues.Tiny => Between(random, 1e-25f),
        RowValues.Spike => column == Width / 2 ? 1e4f : 0,
        RowValues.Steep => column == (row % 3 == 0 ? Width - 1 : row % 3 == 1 ? 0 : Width / 3) ? 1e30f : Between(random, 1),
        RowValues.Usual => Between(random, 1) + Between(random, 1),
        _ => throw new UnreachableException($"{Values}"),
    };

    // Offset rows use steps of their last place, so that sums are exact.
    private float[] Added(Random random, int count) =>
        Values == RowValues.Offset
            ? [.. Enumerable.Range(0, count).Select(i => -100f - (8 * (i / Width)) + (random.Next(-16, 17) / 16384f))]
            : Uniform(random, count, 1);

    private static float[] Uniform(Random random, int count, float spread) =>
        [.. Enumerable.Range(0, count).Select(_ => Between(random, spread))];

    private static float Between(Random random, float spread) => (float)((random.NextDouble() - 0.5) * 2 * spread);
}

/// <summary>The arrays of a <see cref="NormalizationCase"/>.</summary>
/// <param name="X">[rows, width].</param>
/// <param name="Residual">[rows, width], or null.</param>
/// <param name="Gamma">[width].</param>
/// <param name="Beta">[width].</param>
public sealed record NormalizationInputs(float[] X, float[]? Residual, float[] Gamma, float[] Beta);

/// <summary>The normalisations.</summary>
public static class NormalizationCases
{
    /// <summary>Odd sizes and values.</summary>
    public static IReadOnlyList<NormalizationCase> Small =>
    [
        new(1, 1), new(3, 2), new(7, 3, Residual: true), new(5, 15), new(4, 16), new(3, 17, Residual: true), new(2, 31), new(2, 33),
        new(13, 127, Residual: true), new(6, 128), new(2, 257), new(3, 769), new(1, 1023), new(2, 4099),
        new(4, 96, Eps: 1e-12f), new(4, 768, RowValues.Large, 1e-12f), new(4, 768, RowValues.Offset, 1e-12f), new(4, 767, RowValues.Offset),
        new(5, 768, RowValues.Constant), new(5, 61, RowValues.Constant), new(3, 768, RowValues.Zero, 1e-12f),
            new(3, 48, RowValues.Tiny, 1e-12f),
        new(2, 768, RowValues.Spike), new(2, 50, RowValues.Large, Residual: true), new(5, 268, RowValues.Offset, Residual: true),
        new(3, 135, RowValues.Offset, Residual: true), new(3, 134, RowValues.Offset), new(3, 133, RowValues.Offset),
    ];

    /// <summary>Squares beyond floats, only for L2: a variance is a float.</summary>
    public static IReadOnlyList<NormalizationCase> Beyond => [new(3, 512, RowValues.Steep), new(3, 31, RowValues.Steep)];

    /// <summary>16-bit results, only for layer normalisation.</summary>
    public static IEnumerable<NormalizationCase> Rounded =>
        from test in new NormalizationCase[] { new(7, 136, RowValues.Offset, Residual: true), new(2, 40), new(5, 264, RowValues.Offset) }
        from format in new[] { DType.Float16, DType.BFloat16 }
        from shifted in new[] { false, true }
        select test with { Format = format, Shifted = shifted };

    /// <summary>Real models' sizes.</summary>
    public static IReadOnlyList<NormalizationCase> Real =>
    [
        new(577, 768), new(577, 1024), new(2305, 768, Residual: true), new(3, 768, Eps: 1e-12f, Residual: true), new(1, 256, Eps: 1e-12f),
    ];
}
