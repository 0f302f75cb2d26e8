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
    /// <summary>The reason for a value of the wrong type.</summary>
    public const string AnotherKind = "a value of another kind belongs there";

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
        var place = e is { LineNumber: { } line } ? $"line {line + 1}: " : "";
        var reason = Words(e);
        return reason == AnotherKind && e.Path is { Length: > 2 } field ? $"{place}{field[2..]}: {reason}" : place + reason;
    }

    /// <summary>
    /// The reason without its place. The library explains an unexpected character well; for the rest it names its types and parameters.
    /// </summary>
    public static string Words(JsonException e) =>
        e.Message.Split(" LineNumber:")[0].Split(" Path:")[0].Split('\n')[0].TrimEnd('.') switch
        {
            var text when text.Contains("isFinalBlock", StringComparison.Ordinal) => "there is no JSON in it",
            var text when text.StartsWith("Expected depth to be zero", StringComparison.Ordinal)
                || text.Contains("end of data", StringComparison.Ordinal) => "it ends early",
            var text when text.Contains("required properties", StringComparison.Ordinal) =>
                $"it lacks {text[(text.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]}",
            var text when text.Contains("could not be converted", StringComparison.Ordinal)
                || text.StartsWith("Exception of type", StringComparison.Ordinal) => AnotherKind,
            var text => text,
        };

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
