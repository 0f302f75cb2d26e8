using System.Globalization;
using System.Text;

namespace Blip.Bootstrapping.Submitting;

/// <summary>Writes YAML 1.2 in block style. Every text is quoted, so that none is read as a number, a flag or an anchor.</summary>
internal sealed class YamlWriter(StringBuilder yaml, int indent = 0)
{
    // A list item begins on its hyphen's line.
    private bool afterHyphen;

    public YamlWriter Text(string key, string value) => Line($"{Key(key)}: {Quote(value)}");

    public YamlWriter Number(string key, long value) => Line(string.Create(CultureInfo.InvariantCulture, $"{Key(key)}: {value}"));

    public YamlWriter Flag(string key, bool value) => Line($"{Key(key)}: {(value ? "true" : "false")}");

    public YamlWriter Numbers(string key, params int[] values) =>
        Line($"{Key(key)}: [{string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)))}]");

    public YamlWriter Texts(string key, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
            return Line($"{Key(key)}: []");
        Line($"{Key(key)}:");
        foreach (var value in values)
            yaml.Append(' ', indent + 2).Append("- ").Append(Quote(value)).Append('\n');
        return this;
    }

    public YamlWriter Map(string key, Action<YamlWriter> content)
    {
        Line($"{Key(key)}:");
        content(new(yaml, indent + 2));
        return this;
    }

    public YamlWriter List(string key, Action<YamlWriter> items) => Map(key, items);

    public void Item(Action<YamlWriter> content)
    {
        yaml.Append(' ', indent).Append("- ");
        content(new(yaml, indent + 2) { afterHyphen = true });
    }

    /// <exception cref="ShardSubmissionException">The text is no Unicode.</exception>
    internal static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        for (var index = 0; index < text.Length; index++)
        {
            var letter = text[index];
            if (char.IsHighSurrogate(letter) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
                quoted.Append(letter).Append(text[++index]);
            else if (char.IsSurrogate(letter))
                throw new ShardSubmissionException("An argument is no valid Unicode text, so that no manifest can hold it.");
            else
                Append(quoted, letter);
        }
        return quoted.Append('"').ToString();
    }

    private static void Append(StringBuilder quoted, char letter)
    {
        switch (letter)
        {
            case '"' or '\\':
                quoted.Append('\\').Append(letter);
                break;
            case '\n':
                quoted.Append("\\n");
                break;
            // Characters that YAML requires to be escaped.
            case < ' ' or (>= '\x7f' and <= '\x9f') or '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff':
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
                break;
            default:
                quoted.Append(letter);
                break;
        }
    }

    private static string Key(string key) => key.All(letter => char.IsAsciiLetterOrDigit(letter)) ? key : Quote(key);

    private YamlWriter Line(string text)
    {
        if (!afterHyphen)
            yaml.Append(' ', indent);
        afterHyphen = false;
        yaml.Append(text).Append('\n');
        return this;
    }
}
