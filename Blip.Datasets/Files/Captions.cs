using System.Text.Json;
using System.Text.Json.Nodes;

namespace Blip.Datasets.Files;

/// <summary>Texts in JSON: one, a list, or the writers' list of objects.</summary>
internal static class Captions
{
    /// <summary>The field with all texts of a sample and their details.</summary>
    public const string Field = "captions";

    /// <summary>The property of the text in <see cref="Field"/>.</summary>
    public const string Text = "text";

    /// <summary>The texts of a field, without null and blank ones; null for other contents.</summary>
    public static IReadOnlyList<string>? Of(JsonNode? node)
    {
        if (node is null)
            return [];
        if (TextOf(node) is { } single)
            return string.IsNullOrWhiteSpace(single) ? [] : [single];
        if (node is not JsonArray list)
            return null;
        var texts = new List<string>();
        foreach (var item in list)
        {
            if ((TextOf(item) ?? TextOf((item as JsonObject)?[Text])) is not { } text)
                return null;
            if (!string.IsNullOrWhiteSpace(text))
                texts.Add(text);
        }
        return texts;
    }

    /// <summary>
    /// All texts of a sample whose first text is elsewhere. <see cref="Field"/> is removed from the fields and used, unless the first text
    /// has changed since.
    /// </summary>
    public static IReadOnlyList<string> Take(IReadOnlyList<string> first, JsonObject fields)
    {
        if (fields[Field] is not JsonArray list || list.Any(item => item is not JsonObject) || Of(list) is not { Count: > 0 } texts)
            return first;
        if (first.Count > 1 || (first.Count == 1 && first[0].Trim() != texts[0].Trim()))
            return first;
        fields.Remove(Field);
        return texts;
    }

    /// <summary>
    /// The texts of a sample from its text file (null for none) and fields. Used fields are removed. A null <paramref name="column"/> means
    /// <c>caption</c>.
    /// </summary>
    public static IReadOnlyList<string> OfSidecars(string? sidecar, JsonObject? fields, string? column)
    {
        var text = sidecar?.Trim() is { Length: > 0 } trimmed ? trimmed : null;
        IReadOnlyList<string> texts = text is null ? [] : [text];
        if (fields is null)
            return texts;
        texts = Take(texts, fields);
        return sidecar is null && texts.Count == 0 ? Of(fields[column ?? "caption"]) ?? [] : texts;
    }

    private static string? TextOf(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
