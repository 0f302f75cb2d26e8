using System.Globalization;
using System.Text;

namespace Blip.Cli.Output;

/// <summary>Text for a terminal. File names may contain escape sequences that move the cursor, hide text or retitle the window.</summary>
internal static class Printable
{
    /// <summary>A text with escaped control characters, except tabs.</summary>
    public static string Of(string text)
    {
        if (!text.Any(IsControl))
            return text;
        var result = new StringBuilder(text.Length + 8);
        foreach (var letter in text)
        {
            if (IsControl(letter))
                result.Append(Spelled(letter));
            else
                result.Append(letter);
        }
        return result.ToString();
    }

    // Control characters of ASCII and Latin-1, and those that change the text's direction.
    private static bool IsControl(char letter) =>
        letter != '\t' && (char.IsControl(letter) || letter is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'));

    private static string Spelled(char letter) => letter switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\e' => "\\e",
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
    };
}
