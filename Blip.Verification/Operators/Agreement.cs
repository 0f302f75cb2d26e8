namespace Blip.Verification.Operators;

/// <summary>A result's agreement with the reference.</summary>
/// <param name="Error">The largest error as a share of its bound, at most 1 if right.</param>
/// <param name="Where">Its place.</param>
public readonly record struct Agreement(double Error, string Where)
{
    /// <summary>No error.</summary>
    public static Agreement Full => new(0, "");

    /// <summary>Whether every error is within its bound.</summary>
    public bool IsRight => Error <= 1;

    /// <summary>Compares values within bounds. NaN agrees with NaN.</summary>
    /// <param name="expected">The reference.</param>
    /// <param name="actual">The operator's values.</param>
    /// <param name="bound">The largest error at an index.</param>
    /// <param name="what">An element's name.</param>
    public static Agreement Within(
        IReadOnlyList<double> expected, IReadOnlyList<float> actual, Func<int, double> bound, string what = "element")
    {
        if (expected.Count != actual.Count)
            return new(double.PositiveInfinity, $"{actual.Count} elements, not {expected.Count}");
        var worst = Full;
        for (var i = 0; i < expected.Count; i++)
        {
            var error = Share(expected[i], actual[i], bound(i));
            if (error > worst.Error)
                worst = new(error, $"{what} {i} is {actual[i]:g9}, not {expected[i]:g9} ± {bound(i):g3}");
        }
        return worst;
    }

    /// <summary>An error's share of its bound; infinite for an unexpected NaN.</summary>
    /// <param name="expected">The reference.</param>
    /// <param name="actual">The operator's value.</param>
    /// <param name="bound">The largest error.</param>
    public static double Share(double expected, float actual, double bound)
    {
        if (double.IsNaN(expected) && float.IsNaN(actual))
            return 0;
        var difference = Math.Abs(expected - actual);
        // The difference of equal infinities is NaN.
        var share = expected == actual || difference == 0 ? 0 : difference / bound;
        return double.IsNaN(share) ? double.PositiveInfinity : share;
    }

    /// <summary>Compares bits.</summary>
    /// <typeparam name="T">Their type.</typeparam>
    /// <param name="expected">The reference.</param>
    /// <param name="actual">The operator's values.</param>
    /// <param name="what">An element's name.</param>
    public static Agreement Exact<T>(IReadOnlyList<T> expected, IReadOnlyList<T> actual, string what = "element")
    {
        if (expected.Count != actual.Count)
            return new(double.PositiveInfinity, $"{actual.Count} elements, not {expected.Count}");
        for (var i = 0; i < expected.Count; i++)
        {
            if (!EqualityComparer<T>.Default.Equals(expected[i], actual[i]))
                return new(double.PositiveInfinity, $"{what} {i} is {actual[i]}, not {expected[i]}");
        }
        return Full;
    }

    /// <summary>The agreement after another comparison.</summary>
    /// <param name="wrong">The mistake, if any.</param>
    public static Agreement Of(string? wrong) => string.IsNullOrEmpty(wrong) ? Full : new(double.PositiveInfinity, wrong);

    /// <summary>The worse one.</summary>
    /// <param name="other">Another.</param>
    public Agreement Or(Agreement other) => other.Error <= Error ? this : other;
}
