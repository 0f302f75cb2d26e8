using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Blip.Runtime.Files;

/// <summary>
/// JSON of a user's file, checked as a whole on opening. The library finds invalid UTF-8 and escapes of half a character only on reading
/// them, with exceptions of several kinds.
/// </summary>
internal static class JsonInput
{
    /// <exception cref="JsonException">It is no JSON; the message says why and where, for people.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];
        if (OtherContent.Objection(json.Span) is { } other)
            throw new JsonException(other);
        if (!Utf8.IsValid(json.Span))
            throw new JsonException("it is not text in UTF-8");
        try
        {
            CheckEscapes(json.Span);
            return JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new JsonException(Reason(e), e);
        }
    }

    /// <summary>The reason for damaged JSON, with lines counted from 1.</summary>
    public static string Reason(JsonException e)
    {
        var reason = e.Message.Split(" LineNumber:")[0].Split(" Path:")[0].Split('\n')[0].TrimEnd('.');
        return e.LineNumber is { } line ? $"line {line + 1}: {reason}" : reason;
    }

    /// <summary>A value for messages: the beginning of a long one.</summary>
    public static string Shown(JsonElement value)
    {
        const int Most = 80;
        var text = value.GetRawText();
        return text.Length <= Most ? text : $"{text[..Most]}…";
    }

    private static void CheckEscapes(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && !IsText(ref reader))
                throw new JsonException(
                    $"'{Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 40)])}' holds an escape that is half "
                        + $"a character");
        }
    }

    private static bool IsText(ref Utf8JsonReader reader)
    {
        try
        {
            reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
