using System.Text;

namespace Blip.Evaluation;

/// <summary>
/// The tokenizer of caption scores: Penn Treebank tokens in lower case, without punctuation. It follows
/// Stanford CoreNLP 3.4.1 (<c>PTBTokenizer -preserveLines -lowerCase</c>) and the COCO caption evaluation code.
/// </summary>
/// <remarks>
/// The longest match wins, on a tie the first rule (<see cref="PtbRules"/>). docs/evaluation.md names the
/// exceptions. Brackets stay as <c>-lrb-</c> and <c>-rrb-</c>: the evaluation code only removes them in capitals.
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

    // A shortcut: only the rule for words matches ASCII letters between blanks.
    private static int PlainWord(string text, int place)
    {
        var end = place;
        while (end < text.Length && char.IsAsciiLetter(text[end]))
            end++;
        var alone = end == text.Length || PtbRules.IsBlank(text[end]);
        return alone && !PtbRules.IsAssimilation(text.AsSpan(place, end - place)) ? end : place;
    }
}
