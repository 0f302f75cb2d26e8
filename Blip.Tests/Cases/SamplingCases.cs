namespace Blip.Tests.Cases;

/// <summary>What rows of logits hold.</summary>
public enum LogitValues
{
    /// <summary>Between -10 and 10.</summary>
    Usual,

    /// <summary>Up to ±10,000: most probabilities vanish.</summary>
    Large,

    /// <summary>One value throughout.</summary>
    Constant,

    /// <summary>Few different values, so that many are equal.</summary>
    Tied,

    /// <summary>Every second one -inf, as rules leave them.</summary>
    Masked,

    /// <summary>Nothing but -inf.</summary>
    Forbidden,

    /// <summary>NaN and +inf here and there, as damaged weights give them.</summary>
    Damaged,

    /// <summary>Nothing but +inf.</summary>
    Overflowed,
}

/// <summary>Rows of logits.</summary>
public sealed record LogitsCase(int Rows, int Vocabulary, LogitValues Values = LogitValues.Usual)
{
    /// <summary>The logits, the same every time, <c>[rows, vocabulary]</c>.</summary>
    public float[] Make()
    {
        var random = new Random((Rows * 31) + Vocabulary);
        return [.. Enumerable.Range(0, Rows * Vocabulary).Select(i => Value(random, i % Vocabulary))];
    }

    /// <summary>A logit as kernels take it: what is no number that can be compared has no probability.</summary>
    public static float Clean(float logit) => float.IsNaN(logit) || float.IsPositiveInfinity(logit) ? float.NegativeInfinity : logit;

    private float Value(Random random, int token) => Values switch
    {
        LogitValues.Large => Between(random, 1e4f),
        LogitValues.Constant => 3.25f,
        LogitValues.Tied => random.Next(-3, 3),
        LogitValues.Masked => token % 2 == 0 ? float.NegativeInfinity : Between(random, 10),
        LogitValues.Forbidden => float.NegativeInfinity,
        LogitValues.Damaged => (token % 5) switch { 1 => float.NaN, 3 => float.PositiveInfinity, _ => Between(random, 10) },
        LogitValues.Overflowed => float.PositiveInfinity,
        _ => Between(random, 10),
    };

    private static float Between(Random random, float spread) => (float)((random.NextDouble() - 0.5) * 2 * spread);
}

/// <summary>The one list of logits for the operators between a model and its words.</summary>
public static class SamplingCases
{
    /// <summary>Odd sizes, odd values, and BERT's vocabulary.</summary>
    public static IReadOnlyList<LogitsCase> All =>
    [
        new(1, 1), new(2, 2), new(3, 7), new(5, 16), new(4, 17), new(3, 63), new(2, 65), new(3, 108), new(7, 257), new(2, 1021), new(3, 30524),
        new(2, 300, LogitValues.Large), new(3, 99, LogitValues.Constant), new(3, 130, LogitValues.Tied), new(2, 30524, LogitValues.Tied),
        new(2, 131, LogitValues.Masked), new(2, 77, LogitValues.Forbidden), new(2, 5, LogitValues.Forbidden),
        new(3, 101, LogitValues.Damaged), new(2, 8, LogitValues.Overflowed), new(2, 400, LogitValues.Overflowed),
    ];
}
