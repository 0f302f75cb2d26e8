using System.Globalization;
using System.Text;

namespace Blip.Runtime.Tokenization;

/// <summary>
/// BERT's "basic tokenization" (Devlin et al. 2018): clean, separate ideographs, strip accents, lower, cut at spaces and around punctuation
/// marks.
/// </summary>
/// <remarks>
/// The library's BertTokenizer drops <c>$ + &lt; = &gt; ^ ` | ~</c>, Unicode's symbols and BERT's punctuation. It keeps accents under
/// invariant globalisation.
/// </remarks>
internal static class BertText
{
    /// <summary>The words of a text, in order.</summary>
    public static List<string> Words(ReadOnlySpan<char> text, TokenizerSettings settings)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var character in Normalize(text, settings).EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(character))
            {
                Flush();
                continue;
            }
            var alone = IsPunctuation(character);
            if (alone)
                Flush();
            word.Append(character);
            if (alone)
                Flush();
        }
        Flush();
        return words;

        void Flush()
        {
            if (word.Length > 0)
                words.Add(word.ToString());
            word.Clear();
        }
    }

    /// <summary>The text before cutting.</summary>
    public static string Normalize(ReadOnlySpan<char> text, TokenizerSettings settings)
    {
        var strip = settings.StripAccents ?? settings.LowerCase;
        var kept = new StringBuilder(text.Length);
        foreach (var character in text.EnumerateRunes())
        {
            if (settings.CleanText && IsDropped(character))
                continue;
            if (settings.CleanText && Rune.IsWhiteSpace(character))
                kept.Append(' ');
            else if (settings.SplitIdeographs && IsIdeograph(character.Value))
                Add(kept.Append(' '), character).Append(' ');
            else
                Add(kept, character);
        }
        return settings.LowerCase ? Lower(kept) : kept.ToString();

        StringBuilder Add(StringBuilder to, Rune character)
        {
            if (strip)
                CanonicalBases.Append(to, character);
            else
                to.Append(character);
            return to;
        }
    }

    private static string Lower(StringBuilder text)
    {
        var lower = new StringBuilder(text.Length);
        foreach (var character in text.ToString().EnumerateRunes())
        {
            // The only character whose small letter is two (Unicode's SpecialCasing.txt).
            if (character.Value == 0x130)
                lower.Append("i\u0307");
            else
                lower.Append(Rune.ToLowerInvariant(character));
        }
        return lower.ToString();
    }

    // EnumerateRunes turns lone surrogates into U+FFFD.
    private static bool IsDropped(Rune character) => character.Value switch
    {
        '\t' or '\n' or '\r' => false,
        0xFFFD => true,
        _ => Rune.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate,
    };

    private static bool IsPunctuation(Rune character) =>
        Rune.IsPunctuation(character) || (character.IsAscii && Rune.IsSymbol(character));

    private static bool IsIdeograph(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0x2F800 and <= 0x2FA1F);
}
