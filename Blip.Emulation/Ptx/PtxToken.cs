using System.Text;

namespace Blip.Emulation.Ptx;

internal readonly record struct PtxToken(string Text, int Line)
{
    /// <summary>Tokenises PTX text, without comments.</summary>
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
                // The scope in a mnemonic: cp.async.bulk.shared::cluster.
                while (i < text.Length && (IsWord(text[i]) || (text[i] == ':' && i + 1 < text.Length && text[i + 1] == ':')
                    || (text[i] == ':' && text[i - 1] == ':' && i - 1 > start)))
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

    /// <summary>Tokens as one line, for messages.</summary>
    public static string Join(IEnumerable<PtxToken> tokens)
    {
        var text = new StringBuilder();
        var before = "";
        foreach (var (token, _) in tokens)
        {
            if (text.Length > 0 && before is not ("[" or "(" or "{" or "@" or "!" or "-" or "<" or "+" or "|")
                && token is not ("]" or ")" or "}" or "," or ";" or "+" or ">" or "<" or "|" or ":"))
                text.Append(' ');
            text.Append(token);
            before = token;
        }
        return text.ToString();
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$' or '%';
}
