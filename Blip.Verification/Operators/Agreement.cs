namespace Blip.Verification.Operators;

/// <summary>How a result agrees with the reference.</summary>
/// <param name="Error">The largest error as a share of the tolerance: 1 at most where the result is right.</param>
/// <param name="Where">The place of that error, for a person.</param>
public readonly record struct Agreement(double Error, string Where)
{
    /// <summary>No error at all.</summary>
    public static Agreement Full => new(0, "");

    /// <summary>Whether every error is within its bound.</summary>
    public bool IsRight => Error <= 1;

    /// <summary>Compares values, each with its bound. NaN agrees with NaN.</summary>
    /// <param name="expected">The reference's values.</param>
    /// <param name="actual">The operator's.</param>
    /// <param name="bound">The largest allowed error of the element at an index.</param>
    /// <param name="what">The name of an element, for a person.</param>
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

    /// <summary>An error as a share of its bound; infinite where a value is no number and should be one.</summary>
    /// <param name="expected">The reference's value.</param>
    /// <param name="actual">The operator's.</param>
    /// <param name="bound">The largest allowed error.</param>
    public static double Share(double expected, float actual, double bound)
    {
        if (double.IsNaN(expected) && float.IsNaN(actual))
            return 0;
        var difference = Math.Abs(expected - actual);
        // Equal infinities have no difference that is a number.
        var share = expected == actual || difference == 0 ? 0 : difference / bound;
        return double.IsNaN(share) ? double.PositiveInfinity : share;
    }

    /// <summary>Compares values that must have the reference's bits.</summary>
    /// <typeparam name="T">Their type.</typeparam>
    /// <param name="expected">The reference's values.</param>
    /// <param name="actual">The operator's.</param>
    /// <param name="what">The name of an element, for a person.</param>
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

    /// <summary>The agreement of a result that was compared already.</summary>
    /// <param name="wrong">The mistake, for a person; null or empty where there is none.</param>
    public static Agreement Of(string? wrong) => string.IsNullOrEmpty(wrong) ? Full : new(double.PositiveInfinity, wrong);

    /// <summary>The one with the larger error.</summary>
    /// <param name="other">Another.</param>
    public Agreement Or(Agreement other) => other.Error <= Error ? this : other;
}
