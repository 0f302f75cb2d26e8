using System.Text;

namespace Blip.Emulation.Ptx;

/// <summary>A word, a string or one character of punctuation.</summary>
/// <param name="Text">The characters.</param>
/// <param name="Line">The line it stands in, from 1.</param>
internal readonly record struct PtxToken(string Text, int Line)
{
    /// <summary>Cuts PTX text; comments are left out.</summary>
    public static List<PtxToken> Cut(string text)
    {
        var tokens = new List<PtxToken>();
        var line = 1;
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (c == '\n')
                line++;
            if (char.IsWhiteSpace(c) || c == '\0')
            {
                i++;
            }
            else if (c == '/' && i + 1 < text.Length && text[i + 1] == '/')
            {
                while (i < text.Length && text[i] != '\n')
                    i++;
            }
            else if (c == '/' && i + 1 < text.Length && text[i + 1] == '*')
            {
                var end = text.IndexOf("*/", i + 2, StringComparison.Ordinal);
                end = end < 0 ? text.Length : end + 2;
                for (; i < end; i++)
                    line += text[i] == '\n' ? 1 : 0;
            }
            else if (c == '"')
            {
                var end = text.IndexOf('"', i + 1);
                end = end < 0 ? text.Length : end + 1;
                tokens.Add(new PtxToken(text[i..end], line));
                i = end;
            }
            else if (IsWord(c))
            {
                var start = i;
                // The scope of a mnemonic: cp.async.bulk.shared::cluster.
                while (i < text.Length && (IsWord(text[i]) || (text[i] == ':' && i + 1 < text.Length && text[i + 1] == ':') || (text[i] == ':' && text[i - 1] == ':' && i - 1 > start)))
                    i++;
                tokens.Add(new PtxToken(text[start..i], line));
            }
            else
            {
                tokens.Add(new PtxToken(c.ToString(), line));
                i++;
            }
        }
        return tokens;
    }

    /// <summary>Tokens as one line of text, for messages.</summary>
    public static string Join(IEnumerable<PtxToken> tokens)
    {
        var text = new StringBuilder();
        var before = "";
        foreach (var (token, _) in tokens)
        {
            if (text.Length > 0 && before is not ("[" or "(" or "{" or "@" or "!" or "-" or "<" or "+" or "|") && token is not ("]" or ")" or "}" or "," or ";" or "+" or ">" or "<" or "|" or ":"))
                text.Append(' ');
            text.Append(token);
            before = token;
        }
        return text.ToString();
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$' or '%';
}
