using System.Diagnostics;
using Blip.Kernels;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>The rows' values.</summary>
public enum ScoreValues
{
    /// <summary>Like a model's.</summary>
    Usual,

    /// <summary>A dozen distinct values.</summary>
    Ties,

    /// <summary>One value throughout.</summary>
    Equal,

    /// <summary>One token far above all others.</summary>
    Peaked,

    /// <summary>Magnitudes from 10⁻⁸ to 10⁸ side by side.</summary>
    Extreme,

    /// <summary>Two in three are -inf, as after rules.</summary>
    Forbidden,

    /// <summary>All but one are -inf.</summary>
    OnlyOne,

    /// <summary>All are -inf.</summary>
    Nothing,

    /// <summary>One in five is NaN; only logits.</summary>
    NaN,

    /// <summary>NaN, infinities and the largest floats; only logits.</summary>
    Infinite,

    /// <summary>
    /// The first or last token is so far above that an exponential without its maximum overflows. Every 128th token from it, of the same
    /// work-item in a GPU's group, is near it.
    /// </summary>
    Steep,

    /// <summary>Threes, one unit in the last place apart, around zero. Every second row has one far above.</summary>
    Neighbours,
}

/// <summary>Rows of scores.</summary>
public sealed record ScoreCase(int Rows, int Vocabulary, ScoreValues Values = ScoreValues.Usual)
{
    /// <summary>The deterministic rows.</summary>
    public float[] Make()
    {
        var random = new Random((Rows * 31) + (Vocabulary * 7) + (int)Values);
        return [.. Enumerable.Range(0, Rows * Vocabulary).Select(i => Value(random, i / Vocabulary, i % Vocabulary))];
    }

    /// <summary>One row.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="row">Its index.</param>
    public float[] Row(float[] rows, int row) => rows[(row * Vocabulary)..((row + 1) * Vocabulary)];

    /// <summary>
    /// The error of a sum of probabilities in ulp of 1. It adds blocks of 32, then the blocks; rounding errors walk randomly. An
    /// exponential and a division add a few.
    /// </summary>
    public double SumUlps => 8 + (Math.Sqrt(Vocabulary) / 4);

    /// <inheritdoc/>
    public override string ToString() => $"[{Rows}, {Vocabulary}] {Values}";

    private float Value(Random random, int row, int token) => Values switch
    {
        ScoreValues.Ties => random.Next(12) / 2f,
        ScoreValues.Equal => 0.25f * row,
        ScoreValues.Peaked => Normal(random) + (token == (Vocabulary - 1) / 2 ? 40 : 0),
        ScoreValues.Extreme => (random.Next(2) == 0 ? -1 : 1) * MathF.Pow(10, random.Next(-8, 9)),
        ScoreValues.Forbidden => random.Next(3) > 0 ? float.NegativeInfinity : Normal(random),
        ScoreValues.OnlyOne => token == Vocabulary * 2 / 3 ? -3 : float.NegativeInfinity,
        ScoreValues.Nothing => float.NegativeInfinity,
        ScoreValues.NaN => random.Next(5) == 0 ? float.NaN : Normal(random),
        ScoreValues.Infinite => random.Next(6) switch
        {
            0 => float.NaN,
            1 => float.PositiveInfinity,
            2 => float.NegativeInfinity,
            3 => float.MaxValue,
            4 => float.MinValue,
            _ => Normal(random),
        },
        ScoreValues.Steep => Steep(random, Math.Abs(token - (row % 2 == 0 ? Vocabulary - 1 : 0))),
        ScoreValues.Neighbours =>
            row % 2 == 1 && token == 0 ? 20 : Below(0.3f + (((row * 5) + (token / 3 * 7)) % 11 / 4f) - 1.25f, token % 3),
        ScoreValues.Usual => Normal(random),
        _ => throw new UnreachableException($"{Values}"),
    };

    private static float Steep(Random random, int distance) => distance == 0 ? 400 : distance % 128 == 0 ? 396 : Normal(random);

    private static float Below(float value, int units)
    {
        for (var i = 0; i < units; i++)
            value = MathF.BitDecrement(value);
        return value;
    }

    // The spread is 3, like logits'.
    private static float Normal(Random random) =>
        (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2) * 5.2);
}

/// <summary>One filter, with fields of <see cref="SamplingFiltersArgs"/>.</summary>
public sealed record FilterCase(string Name)
{
    /// <inheritdoc cref="SamplingFiltersArgs.Temperature"/>
    public float Temperature { get; init; } = 1;

    /// <inheritdoc cref="SamplingFiltersArgs.TopH"/>
    public float TopH { get; init; }

    /// <inheritdoc cref="SamplingFiltersArgs.TopK"/>
    public int TopK { get; init; }

    /// <inheritdoc cref="SamplingFiltersArgs.TopP"/>
    public float TopP { get; init; } = 1;

    /// <inheritdoc cref="SamplingFiltersArgs.MinP"/>
    public float MinP { get; init; }

    /// <inheritdoc cref="SamplingFiltersArgs.TypicalP"/>
    public float TypicalP { get; init; } = 1;

    /// <inheritdoc cref="SamplingFiltersArgs.EpsilonCutoff"/>
    public float EpsilonCutoff { get; init; }

    /// <inheritdoc cref="SamplingFiltersArgs.EtaCutoff"/>
    public float EtaCutoff { get; init; }

    /// <inheritdoc cref="SamplingFiltersArgs.LeastTokens"/>
    public int LeastTokens { get; init; } = 1;

    /// <summary>The arguments without views and sizes.</summary>
    public SamplingFiltersArgs Args => new()
    {
        Temperature = Temperature,
        TopH = TopH,
        TopK = TopK,
        TopP = TopP,
        MinP = MinP,
        TypicalP = TypicalP,
        EpsilonCutoff = EpsilonCutoff,
        EtaCutoff = EtaCutoff,
        LeastTokens = LeastTokens,
    };

    /// <summary>The error of a filtered row, or null.</summary>
    /// <param name="test">Its case.</param>
    /// <param name="row">Before.</param>
    /// <param name="actual">After.</param>
    public string? Wrong(ScoreCase test, float[] row, float[] actual)
    {
        var scores = Scaled(row);
        var (sure, possible) = (Kept(test, scores, -1), Kept(test, scores, 1));
        for (var token = 0; token < scores.Length; token++)
        {
            var dropped = float.IsNegativeInfinity(actual[token]);
            if (!dropped && !(Math.Abs(actual[token] - scores[token]) <= 2 * ScoreCases.Ulp * Math.Abs(scores[token])))
                return $"token {token}: score {actual[token]:g9}, not {scores[token]:g9}";
            if (!double.IsNegativeInfinity(scores[token]) && (dropped ? sure[token] : !possible[token]))
                return $"token {token}, score {scores[token]:g9}: {(dropped ? "dropped" : "kept")}";
        }
        return null;
    }

    /// <summary>The number of tokens for which rounding decides.</summary>
    /// <param name="test">The row's case.</param>
    /// <param name="row">The scores.</param>
    public int Undecided(ScoreCase test, float[] row)
    {
        var scores = Scaled(row);
        var (sure, possible) = (Kept(test, scores, -1), Kept(test, scores, 1));
        return scores.Index().Count(score => !double.IsNegativeInfinity(score.Item) && sure[score.Index] != possible[score.Index]);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    // Quotients are rounded to floats before comparisons.
    private double[] Scaled(float[] row) => [.. row.Select(score => (double)(score / Temperature))];

    private bool[] Kept(ScoreCase test, double[] scores, int direction)
    {
        var slack = direction * test.SumUlps * ScoreCases.Ulp;
        if (TopH > 0)
            return SamplingFiltersReference.TopH(scores, TopH, slack);
        if (TopP < 1)
            return SamplingFiltersReference.TopP(scores, TopP, LeastTokens, slack);
        if (MinP > 0)
            return SamplingFiltersReference.MinP(scores, MinP, LeastTokens, slack);
        if (TypicalP < 1)
        {
            // Distances combine a score, the sum's logarithm and the entropy, with different errors.
            var logSum = Math.Abs(LogSoftmaxReference.Row(scores).LogSum);
            return SamplingFiltersReference.Typical(
                scores, TypicalP, LeastTokens, slack,
                (4 * direction * logSum * ScoreCases.Ulp) + ((1 + SamplingFiltersReference.Entropy(scores)) * slack));
        }
        if (EpsilonCutoff > 0)
            return SamplingFiltersReference.Epsilon(scores, EpsilonCutoff, LeastTokens, slack);
        return EtaCutoff > 0
            ? SamplingFiltersReference.Eta(scores, EtaCutoff, LeastTokens, slack * (1 + SamplingFiltersReference.Entropy(scores)))
            : SamplingFiltersReference.TopK(scores, TopK, LeastTokens);
    }
}

/// <summary>The scores and filters.</summary>
public static class ScoreCases
{
    /// <summary>The distance from 1 to the next float.</summary>
    public const double Ulp = 1.0 / (1 << 23);

    /// <summary>Odd sizes and values.</summary>
    public static IReadOnlyList<ScoreCase> Small =>
    [
        new(1, 1), new(2, 2), new(3, 3), new(5, 15), new(2, 16), new(3, 17), new(2, 63), new(4, 99), new(3, 131), new(7, 307),
        new(2, 3, ScoreValues.Equal), new(3, 131, ScoreValues.Equal), new(3, 5, ScoreValues.Ties), new(4, 307, ScoreValues.Ties),
        new(1, 1, ScoreValues.OnlyOne), new(2, 99, ScoreValues.OnlyOne), new(2, 33, ScoreValues.Peaked), new(2, 131, ScoreValues.Extreme),
        new(3, 31, ScoreValues.Forbidden), new(2, 307, ScoreValues.Forbidden), new(1, 1, ScoreValues.Nothing),
            new(2, 67, ScoreValues.Nothing),
        new(2, 384, ScoreValues.Steep), new(2, 17, ScoreValues.Neighbours), new(1, 5003),
    ];

    /// <summary>An overflowing model's scores, which only the first generation step may meet.</summary>
    public static IReadOnlyList<ScoreCase> Broken =>
    [
        new(1, 1, ScoreValues.NaN), new(3, 99, ScoreValues.NaN), new(2, 19, ScoreValues.Infinite), new(5, 131, ScoreValues.Infinite),
        new(12, 2, ScoreValues.Infinite), new(12, 1, ScoreValues.Infinite),
    ];

    /// <summary>A caption's step: one beam, three beams, sixteen images.</summary>
    public static IReadOnlyList<ScoreCase> Real => [new(1, 30524), new(3, 30524), new(16, 30524)];

    /// <summary>Each filter alone.</summary>
    public static IReadOnlyList<FilterCase> Filters =>
    [
        new("temperature 0.7") { Temperature = 0.7f }, new("temperature 3") { Temperature = 3 },
        new("top-k 1") { TopK = 1 }, new("top-k 1, two at least") { TopK = 1, LeastTokens = 2 }, new("top-k 5") { TopK = 5 },
        new("top-k 50") { TopK = 50 }, new("top-k 10, temperature 0.5") { TopK = 10, Temperature = 0.5f },
        new("top-h 0.345, temperature 3")
        {
            TopH = 0.345f,
            Temperature = 3,
        }, new("top-h 0.785, temperature 5") { TopH = 0.785f, Temperature = 5 },
        new("top-h 0.52, temperature 3") { TopH = 0.52f, Temperature = 3 },
        new("top-p 0")
        {
            TopP = 0,
        }, new("top-p 0.1, two at least") { TopP = 0.1f, LeastTokens = 2 }, new("top-p 0.9") { TopP = 0.9f },
            new("top-p 0.37") { TopP = 0.37f },
        new("min-p 0.05") { MinP = 0.05f }, new("min-p 0.9, two at least") { MinP = 0.9f, LeastTokens = 2 }, new("min-p 1") { MinP = 1 },
        new("typical 0.2")
        {
            TypicalP = 0.2f,
        }, new("typical 0.95") { TypicalP = 0.95f }, new("typical 0.01, two at least") { TypicalP = 0.01f, LeastTokens = 2 },
        new("epsilon 0.0003")
        {
            EpsilonCutoff = 3e-4f,
        }, new("epsilon 0.03") { EpsilonCutoff = 0.03f }, new("epsilon 0.9, two at least") { EpsilonCutoff = 0.9f, LeastTokens = 2 },
        new("eta 0.0006")
        {
            EtaCutoff = 6e-4f,
        }, new("eta 0.02") { EtaCutoff = 0.02f }, new("eta 0.9, two at least") { EtaCutoff = 0.9f, LeastTokens = 2 },
    ];
}
