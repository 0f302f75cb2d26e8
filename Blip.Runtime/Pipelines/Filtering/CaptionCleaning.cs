using System.Text.RegularExpressions;

namespace Blip.Runtime.Pipelines;

/// <summary>Texts as BLIP was trained on them: <c>pre_caption</c> of the authors' code (salesforce/BLIP, data/utils.py).</summary>
public static partial class CaptionCleaning
{
    /// <summary>The most words that the authors' pre-training keeps.</summary>
    public const int MaxWords = 30;

    /// <summary>Lower case, no punctuation, single spaces, and a limited number of words.</summary>
    /// <param name="text">A caption.</param>
    /// <param name="maxWords">The most words to keep.</param>
    /// <returns>The cleaned text, which may be empty.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxWords"/> is below 1.</exception>
    public static string Clean(string text, int maxWords = MaxWords)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWords, 1);
        var plain = Spaces().Replace(Punctuation().Replace(text.ToLowerInvariant(), " "), " ").TrimEnd('\n').Trim(' ');
        var words = plain.Split(' ');
        return words.Length > maxWords ? string.Join(' ', words[..maxWords]) : plain;
    }

    [GeneratedRegex("""[.!"()*#:;~]""")]
    private static partial Regex Punctuation();

    [GeneratedRegex(@"\s{2,}")]
    private static partial Regex Spaces();
}
