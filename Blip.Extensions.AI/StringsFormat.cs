using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Blip.Extensions.AI;

/// <summary>
/// A response format that asks for an array of strings, by itself or as an object's only
/// <paramref name="Property"/>, as <c>GetResponseAsync&lt;string[]&gt;</c> asks.
/// </summary>
internal sealed record StringsFormat(string? Property)
{
    /// <summary>Reads a response format; null for any other.</summary>
    public static StringsFormat? Of(ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson { Schema: { ValueKind: JsonValueKind.Object } schema })
            return null;
        if (IsStrings(schema))
            return new StringsFormat(Property: null);
        return IsType(schema, "object") && schema.TryGetProperty("properties", out var properties)
            && properties.ValueKind == JsonValueKind.Object
            && properties.EnumerateObject().ToList() is [var only] && IsStrings(only.Value)
            ? new StringsFormat(only.Name)
            : null;
    }

    public string Write(IEnumerable<string> texts)
    {
        var array = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]);
        return (Property is null ? (JsonNode)array : new JsonObject { [Property] = array }).ToJsonString();
    }

    private static bool IsStrings(JsonElement schema) =>
        IsType(schema, "array") && schema.TryGetProperty("items", out var items) && IsType(items, "string");

    // The schema may also allow null.
    private static bool IsType(JsonElement schema, string type) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var given)
        && (given.ValueKind == JsonValueKind.String ? given.ValueEquals(type)
            : given.ValueKind == JsonValueKind.Array
                && given.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals(type)));
}
