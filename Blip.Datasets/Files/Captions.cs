using System.Text.Json;
using System.Text.Json.Nodes;

namespace Blip.Datasets.Files;

/// <summary>Texts in JSON: one, a list, or the list of objects that the writers make.</summary>
internal static class Captions
{
    /// <summary>The field in which the writers keep all texts of a sample, each with its details.</summary>
    public const string Field = "captions";

    /// <summary>The property of an object in <see cref="Field"/> that holds the text.</summary>
    public const string Text = "text";

    /// <summary>The texts of a field: none for null and blank ones; null where it holds something else.</summary>
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
    /// All texts of a sample whose first text stands elsewhere. The writers' <see cref="Field"/> is taken out of the fields,
    /// unless the first text was changed since.
    /// </summary>
    /// <param name="first">The texts that stand elsewhere.</param>
    /// <param name="fields">The sample's fields.</param>
    public static IReadOnlyList<string> Take(IReadOnlyList<string> first, JsonObject fields)
    {
        if (fields[Field] is not JsonArray list || list.Any(item => item is not JsonObject) || Of(list) is not { Count: > 0 } texts)
            return first;
        if (first.Count > 1 || (first.Count == 1 && first[0].Trim() != texts[0].Trim()))
            return first;
        fields.Remove(Field);
        return texts;
    }

    /// <summary>The texts of a sample with a file of text and an object of fields beside its image.</summary>
    /// <param name="sidecar">The text file's content; null where there is none.</param>
    /// <param name="fields">The fields; null for none. Used fields are removed.</param>
    /// <param name="column">The field that the user says holds the text; null for <c>caption</c>.</param>
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
