using System.Globalization;
using System.Text;

namespace Blip.Runtime.Tokenization;

/// <summary>
/// Strips accents by canonical decomposition (Unicode Standard, section 3.11) without nonspacing marks. <see cref="string.Normalize()"/>
/// does nothing under invariant globalisation.
/// </summary>
internal static class CanonicalBases
{
    // Unicode Standard, section 3.12: Hangul syllables are leading × vowel × optional trailing jamo.
    private const int HangulFirst =
        0xAC00, HangulCount = 11172, Leading = 0x1100, Vowel = 0x1161, Trailing = 0x11A7, Vowels = 21, Trailings = 28;

    private static readonly Lazy<Dictionary<Rune, string>> Table = new(ReadTable);

    /// <summary>Appends a character's base or the character itself; nothing for a mark.</summary>
    public static void Append(StringBuilder text, Rune character)
    {
        var syllable = character.Value - HangulFirst;
        if (character.IsAscii)
            text.Append((char)character.Value);
        else if (syllable is >= 0 and < HangulCount)
            AppendJamo(text, syllable);
        else if (Table.Value.TryGetValue(character, out var stripped))
            text.Append(stripped);
        else if (Rune.GetUnicodeCategory(character) != UnicodeCategory.NonSpacingMark)
            text.Append(character);
    }

    private static void AppendJamo(StringBuilder text, int syllable)
    {
        var trailing = syllable % Trailings;
        text.Append((char)(Leading + (syllable / (Vowels * Trailings)))).Append((char)(Vowel + (syllable / Trailings % Vowels)));
        if (trailing > 0)
            text.Append((char)(Trailing + trailing));
    }

    private static Dictionary<Rune, string> ReadTable()
    {
        using var stream = typeof(CanonicalBases).Assembly.GetManifestResourceStream("Blip.Runtime.Tokenization.canonical-bases.txt")
            ?? throw new InvalidOperationException("Blip.Runtime was built without its table of canonical bases.");
        using var reader = new StreamReader(stream);
        var table = new Dictionary<Rune, string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var stripped = string.Concat(Characters(line[..colon]));
            foreach (var composed in Characters(line[colon..].TrimStart(':')))
                table.Add(composed, stripped);
        }
        return table;
    }

    private static IEnumerable<Rune> Characters(string hexadecimal) =>
        hexadecimal.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(code => new Rune(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
}
