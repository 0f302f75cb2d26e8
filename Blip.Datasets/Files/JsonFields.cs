using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Blip.Runtime.Files;

namespace Blip.Datasets.Files;

/// <summary>Parses a sample's JSON object completely, so that later uses cannot fail.</summary>
internal static class JsonFields
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <summary>Parses an object; false with an error for people.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, out JsonObject fields, out string error)
    {
        fields = [];
        error = "";
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        if (!Utf8.IsValid(json))
        {
            error = "it is not UTF-8";
            return false;
        }
        try
        {
            if (Node(json) is not JsonObject parsed)
            {
                error = "it is no object";
                return false;
            }
            Read(parsed);
            fields = parsed;
            return true;
        }
        catch (JsonException exception)
        {
            error = FailureReason.Of(exception);
        }
        catch (InvalidOperationException)
        {
            // JSON can escape half of a surrogate pair, which is no text.
            error = "a text in it is no Unicode";
        }
        return false;
    }

    private static JsonNode? Node(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: Options);
        }
        catch (JsonException) when (WithoutNaN(json) is { } plain)
        {
            return JsonNode.Parse(plain, documentOptions: Options);
        }
    }

    // JSON nodes decode lazily, and would throw only then.
    private static void Read(JsonNode? node)
    {
        if (node is JsonObject fields)
        {
            foreach (var (_, value) in fields)
                Read(value);
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
                Read(item);
        }
        else if (node is JsonValue value && value.GetValueKind() == JsonValueKind.String)
        {
            value.GetValue<string>();
        }
    }

    // Python writes NaN and Infinity, which JSON lacks. img2dataset uses them for missing numbers.
    private static byte[]? WithoutNaN(ReadOnlySpan<byte> json)
    {
        var (plain, changed, inText) = (new List<byte>(json.Length), false, false);
        for (var i = 0; i < json.Length; i++)
        {
            var length = inText ? 0 : NumberAt(json[i..]);
            if (length > 0)
            {
                plain.AddRange("null"u8);
                changed = true;
                i += length - 1;
                continue;
            }
            plain.Add(json[i]);
            if (inText && json[i] == '\\' && i + 1 < json.Length)
                plain.Add(json[++i]);
            else if (json[i] == '"')
                inText = !inText;
        }
        return changed ? [.. plain] : null;
    }

    private static int NumberAt(ReadOnlySpan<byte> json) =>
        json.StartsWith("NaN"u8) ? 3 : json.StartsWith("Infinity"u8) ? 8 : json.StartsWith("-Infinity"u8) ? 9 : 0;
}
