using System.Text.RegularExpressions;

namespace Blip.Bootstrapping.Selection;

/// <summary>The score that ranks an image's texts.</summary>
public enum RankBy
{
    /// <summary>The matching head's probability.</summary>
    Itm,

    /// <summary>The cosine of image and text.</summary>
    Itc,
}

/// <summary>The rule for kept candidates. Null omits a test.</summary>
public sealed record SelectionOptions
{
    /// <summary>
    /// The least matching probability (ITM), 0 to 1. The paper drops texts that the head calls unmatched, below 0.5; its authors confirm
    /// that threshold on <c>softmax(itm)[:, 1]</c>.
    /// </summary>
    public double? ItmThreshold { get; init; } = 0.5;

    /// <summary>The least cosine (ITC), -1 to 1.</summary>
    public double? ItcThreshold { get; init; }

    /// <summary>The most texts of an image, the best by <see cref="RankBy"/>; human ones do not count.</summary>
    public int? KeepTop { get; init; }

    /// <summary>The score for <see cref="KeepTop"/>. Among equals, web texts come before synthetic ones, then lower numbers.</summary>
    public RankBy RankBy { get; init; } = RankBy.Itm;

    /// <summary>The least shorter side of an image, in pixels. An unknown size fails.</summary>
    public int? MinSide { get; init; }

    /// <summary>The greatest ratio of an image's longer to its shorter side.</summary>
    public double? MaxAspectRatio { get; init; }

    /// <summary>Regular expressions, ignoring case: a text with a match anywhere is dropped.</summary>
    public IReadOnlyList<string> DropPatterns { get; init; } = [];

    /// <summary>Regular expressions, ignoring case: a text needs a match anywhere. They can select languages by letters.</summary>
    public IReadOnlyList<string> KeepPatterns { get; init; } = [];

    /// <summary>Whether an image with an earlier one's bytes keeps no text.</summary>
    public bool DropDuplicateImages { get; init; }

    /// <summary>Whether a text that an earlier image keeps is dropped. Case and white space are ignored.</summary>
    public bool DropDuplicateTexts { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of range or no regular expression; the parameter is the property.</exception>
    public void Validate()
    {
        Check(ItmThreshold is null or (>= 0 and <= 1), nameof(ItmThreshold), ItmThreshold, "a probability is 0 to 1");
        Check(ItcThreshold is null or (>= -1 and <= 1), nameof(ItcThreshold), ItcThreshold, "a cosine is -1 to 1");
        Check(KeepTop is null or >= 1, nameof(KeepTop), KeepTop, "at least 1 text is kept");
        Check(Enum.IsDefined(RankBy), nameof(RankBy), RankBy, "give Itm or Itc");
        Check(MinSide is null or >= 1, nameof(MinSide), MinSide, "a side has at least 1 pixel");
        Check(MaxAspectRatio is null or (>= 1 and <= double.MaxValue), nameof(MaxAspectRatio), MaxAspectRatio, "a ratio is 1 or more");
        Compile(DropPatterns, nameof(DropPatterns));
        Compile(KeepPatterns, nameof(KeepPatterns));
    }

    // Without backtracking, matching is linear in the text for any pattern.
    internal static IReadOnlyList<Regex> Compile(IReadOnlyList<string> patterns, string property)
    {
        if (patterns is null)
            throw new ArgumentNullException(property);
        return [.. patterns.Select(Expression)];

        Regex Expression(string pattern)
        {
            try
            {
                return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
            }
            catch (ArgumentException exception)
            {
                throw new ArgumentException($"{property}: '{pattern}' is no regular expression: {exception.Message}", property, exception);
            }
            catch (NotSupportedException exception)
            {
                throw new ArgumentException(
                    $"{property}: '{pattern}' looks around, or back to a group, which can take for ever; write it without.",
                    property, exception);
            }
        }
    }

    private static void Check(bool right, string property, object? value, string rule)
    {
        if (!right)
            throw new ArgumentException(FormattableString.Invariant($"{property} is {value}; {rule}."), property);
    }
}
