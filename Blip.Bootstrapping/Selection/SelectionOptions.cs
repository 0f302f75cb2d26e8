using System.Text.RegularExpressions;

namespace Blip.Bootstrapping.Selection;

/// <summary>The score that texts of one image are ranked by.</summary>
public enum RankBy
{
    /// <summary>The probability that the text fits, by the matching head.</summary>
    Itm,

    /// <summary>The cosine of the vectors of image and text.</summary>
    Itc,
}

/// <summary>Which candidates are kept. Null leaves a test out.</summary>
public sealed record SelectionOptions
{
    /// <summary>
    /// The least matching probability (ITM) of a kept text, 0 to 1. The paper drops texts that the head calls unmatched, below 0.5. Its
    /// authors name the same threshold, on <c>softmax(itm)[:, 1]</c>.
    /// </summary>
    public double? ItmThreshold { get; init; } = 0.5;

    /// <summary>The least cosine (ITC) of a kept text, -1 to 1.</summary>
    public double? ItcThreshold { get; init; }

    /// <summary>The texts that an image keeps at most, the best by <see cref="RankBy"/>; those of people do not count.</summary>
    public int? KeepTop { get; init; }

    /// <summary>The score that <see cref="KeepTop"/> ranks by. Of equals, web texts come before synthetic ones, and lower numbers first.</summary>
    public RankBy RankBy { get; init; } = RankBy.Itm;

    /// <summary>The least shorter side of an image, in pixels. An image of unknown size has none.</summary>
    public int? MinSide { get; init; }

    /// <summary>The greatest ratio of an image's longer to its shorter side.</summary>
    public double? MaxAspectRatio { get; init; }

    /// <summary>Regular expressions: a text that one of them matches anywhere, in any case, is dropped.</summary>
    public IReadOnlyList<string> DropPatterns { get; init; } = [];

    /// <summary>
    /// Regular expressions: a text is kept only where one of them matches anywhere, in any case. They tell languages by their letters.
    /// </summary>
    public IReadOnlyList<string> KeepPatterns { get; init; } = [];

    /// <summary>Whether an image with the bytes of an earlier one keeps no text.</summary>
    public bool DropDuplicateImages { get; init; }

    /// <summary>Whether a text that an earlier image keeps is dropped. Case and white space do not count.</summary>
    public bool DropDuplicateTexts { get; init; }

    /// <summary>Checks the numbers and the regular expressions.</summary>
    /// <exception cref="ArgumentException">One is out of range or is no such expression; its parameter is the property.</exception>
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

    // Without backtracking, matching takes time in proportion to the text, for any pattern: none hangs.
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
