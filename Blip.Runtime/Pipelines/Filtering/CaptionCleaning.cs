using System.Text.RegularExpressions;

namespace Blip.Runtime.Pipelines;

/// <summary>Texts as BLIP was trained on them: <c>pre_caption</c> of the authors' code (salesforce/BLIP, data/utils.py).</summary>
public static partial class CaptionCleaning
{
    /// <summary>The most words that the authors' pre-training keeps of a text.</summary>
    public const int MaxWords = 30;

    /// <summary>Lower case, without punctuation, single spaces, and no more than some words.</summary>
    /// <param name="text">A caption as it was found.</param>
    /// <param name="maxWords">The most words that are kept.</param>
    /// <returns>The cleaned text; empty where nothing is left.</returns>
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
