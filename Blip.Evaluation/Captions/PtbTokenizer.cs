using System.Text;

namespace Blip.Evaluation;

/// <summary>
/// The tokenizer of caption scores: Penn Treebank tokens as by Stanford CoreNLP 3.4.1 (<c>PTBTokenizer
/// -preserveLines -lowerCase</c>), in lower case, without punctuation, as in the COCO caption evaluation code.
/// </summary>
/// <remarks>
/// The rule with the longest match wins, on a tie the first (<see cref="PtbRules"/>). docs/evaluation.md names the exceptions.
/// Brackets stay as <c>-lrb-</c> and <c>-rrb-</c>: the evaluation code looks for capitals only, so never removes them.
/// </remarks>
public static class PtbTokenizer
{
    private static readonly HashSet<string> Punctuation =
        ["''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--", "...", ";"];

    /// <summary>The caption's tokens, separated by single blanks; may be empty.</summary>
    /// <param name="caption">Any text. Line breaks are blanks; characters without a rule, such as emoji, are dropped.</param>
    public static string Tokenize(string caption)
    {
        ArgumentNullException.ThrowIfNull(caption);
        var text = new StringBuilder(caption.Length + 16);
        var place = 0;
        while (Next(caption, ref place) is { } token)
        {
            var lower = token.ToLowerInvariant();
            if (Punctuation.Contains(lower))
                continue;
            if (text.Length > 0)
                text.Append(' ');
            text.Append(lower);
        }
        return text.ToString();
    }

    // The next token in Treebank spelling; null at the end.
    private static string? Next(string text, ref int place)
    {
        while (place < text.Length)
        {
            if (PtbRules.IsBlank(text[place]))
            {
                place++;
                continue;
            }
            if (PlainWord(text, place) is var end && end > place)
            {
                var word = text[place..end];
                place = end;
                return AmericanSpelling.Of(word);
            }
            var (length, token) = PtbRules.Longest(text, place);
            place += length;
            if (token.Length > 0)
                return token;
        }
        return null;
    }

    // A shortcut for ASCII letters between blanks: only the rule for words can match all of them.
    private static int PlainWord(string text, int place)
    {
        var end = place;
        while (end < text.Length && char.IsAsciiLetter(text[end]))
            end++;
        var alone = end == text.Length || PtbRules.IsBlank(text[end]);
        return alone && !PtbRules.IsAssimilation(text.AsSpan(place, end - place)) ? end : place;
    }
}
