using System.Text;

namespace Blip.Evaluation;

/// <summary>
/// The tokenizer that caption scores are defined over: Penn Treebank tokens as Stanford CoreNLP 3.4.1 makes them
/// (<c>PTBTokenizer -preserveLines -lowerCase</c>), in lower case and without punctuation, as in the COCO caption evaluation code.
/// </summary>
/// <remarks>
/// At each place the rule that matches most characters wins, and of equals the first one (<see cref="PtbRules"/>). Covered are
/// words, contractions, numbers, dates, fractions, abbreviations, hyphens, quotes, brackets, addresses, smileys, symbols and British
/// spellings; docs/evaluation.md names the exceptions. Brackets stay as <c>-lrb-</c> and <c>-rrb-</c>: the evaluation code looks for them
/// in capitals and so never removes them.
/// </remarks>
public static class PtbTokenizer
{
    private static readonly HashSet<string> Punctuation =
        ["''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--", "...", ";"];

    /// <summary>The caption's tokens, one blank between two; empty where there is none.</summary>
    /// <param name="caption">Any text. Line breaks are blanks; characters that have no rule, such as emoji, are left out.</param>
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

    // The next token, as the Treebank spells it; null at the end.
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

    // Most words are ASCII letters between blanks: no rule but the one for words could match more of them.
    private static int PlainWord(string text, int place)
    {
        var end = place;
        while (end < text.Length && char.IsAsciiLetter(text[end]))
            end++;
        var alone = end == text.Length || PtbRules.IsBlank(text[end]);
        return alone && !PtbRules.IsAssimilation(text.AsSpan(place, end - place)) ? end : place;
    }
}
