using System.Text.RegularExpressions;

namespace Blip.Evaluation;

/// <summary>Normalises answers as the official VQA evaluation does (visualqa.org/evaluation).</summary>
public static partial class VqaAnswer
{
    // The official code passes a flag as this count.
    private const int MostFullStops = 32;

    private static readonly string[] Punctuation =
        [";", "/", "[", "]", "\"", "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!"];

    private static readonly Dictionary<string, string> Numbers = new(StringComparer.Ordinal)
    {
        ["none"] = "0", ["zero"] = "0", ["one"] = "1", ["two"] = "2", ["three"] = "3", ["four"] = "4",
        ["five"] = "5", ["six"] = "6", ["seven"] = "7", ["eight"] = "8", ["nine"] = "9", ["ten"] = "10",
    };

    /// <summary>The normalised answer.</summary>
    public static string Normalize(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return WithoutArticles(WithoutPunctuation(Trimmed(answer)));
    }

    /// <summary>Line breaks and tabs become blanks; none stay at the ends.</summary>
    internal static string Trimmed(string answer) => answer.Replace('\n', ' ').Replace('\t', ' ').Trim();

    private static string WithoutPunctuation(string text)
    {
        // "1,000" loses its comma; then all marks of that answer are deleted, not replaced by blanks.
        var joined = CommaBetweenDigits().IsMatch(text);
        var result = text;
        foreach (var mark in Punctuation)
        {
            var atAnEdge = text.Contains($"{mark} ", StringComparison.Ordinal) || text.Contains($" {mark}", StringComparison.Ordinal);
            result = result.Replace(mark, atAnEdge || joined ? "" : " ", StringComparison.Ordinal);
        }
        return FullStop().Replace(result, "", MostFullStops);
    }

    private static string WithoutArticles(string text)
    {
        var words = text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(word => Numbers.GetValueOrDefault(word, word))
            .Where(word => word is not ("a" or "an" or "the"))
            .Select(word => VqaContractions.Apostrophes.GetValueOrDefault(word, word));
        return string.Join(' ', words);
    }

    [GeneratedRegex(@"\d,\d")]
    private static partial Regex CommaBetweenDigits();

    [GeneratedRegex(@"\.(?!\d)")]
    private static partial Regex FullStop();
}
