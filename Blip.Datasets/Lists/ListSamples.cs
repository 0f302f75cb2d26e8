using System.Text.Json;
using System.Text.Json.Nodes;
using Blip.Datasets.Files;

namespace Blip.Datasets.Lists;

internal sealed class ListSamples(ListColumns columns, string root)
{
    private readonly Keys.Unique keys = new(StringComparer.Ordinal);

    /// <summary>Joins adjacent entries that differ only in their texts.</summary>
    public IEnumerable<Sample> Read(IEnumerable<ListEntry> entries)
    {
        Draft? draft = null;
        var index = 0;
        foreach (var entry in entries)
        {
            var next = Parse(entry);
            if (draft is not null && draft.Takes(next))
                continue;
            if (draft is not null)
                yield return Finish(draft, index++);
            draft = next;
        }
        if (draft is not null)
            yield return Finish(draft, index);
    }

    private Draft Parse(ListEntry entry)
    {
        if (entry.Fields is not { } fields)
            return new Draft(entry.Number) { Error = entry.Error };
        var draft = new Draft(entry.Number) { Fields = fields };
        var key = columns.Key is { } column ? Scalar(Take(fields, column)) : null;
        draft.Error = entry.Error ?? Image(draft, fields) ?? Text(draft, fields)
            ?? (columns.Key is not null && string.IsNullOrEmpty(key) ? $"It has no key in '{columns.Key}'." : null);
        draft.Key = key;
        return draft;
    }

    private string? Image(Draft draft, JsonObject fields)
    {
        if (ListColumns.Find(columns.Images, fields.ContainsKey) is not { } column)
            return $"It has no image: no field {string.Join(", ", columns.Images)}. Name the field of the image's path.";
        if (Take(fields, column) is not JsonValue value || !value.TryGetValue<string>(out var image) || string.IsNullOrWhiteSpace(image))
            return $"Its '{column}' is no path of an image.";
        if (image.Contains('\0'))
            return $"Its '{column}' holds a NUL, which no path does.";
        if (image.Contains("://", StringComparison.Ordinal))
            return $"Its image is an address, {image}: download the images with img2dataset first, and give what that writes.";
        draft.Image = image;
        return null;
    }

    private string? Text(Draft draft, JsonObject fields)
    {
        if (ListColumns.Find(columns.Texts, fields.ContainsKey) is not { } column)
            return columns.TextIsNamed ? $"It has no field '{columns.Texts[0]}', which is to hold its text." : null;
        if (Captions.Of(Take(fields, column)) is not { } texts)
            return $"Its '{column}' is neither a text nor a list of texts.";
        draft.Texts.AddRange(Captions.Take(texts, fields));
        return null;
    }

    private Sample Finish(Draft draft, int index)
    {
        var image = draft.Image;
        return new Sample
        {
            Key = draft.Key is { Length: > 0 } key ? keys.Next(key)
                : image is null || Keys.OfPath(image).Length == 0 ? keys.Next($"entry-{draft.Number}")
                : keys.Next(Keys.OfPath(image), Keys.OfPath(image, keepExtension: true)),
            Index = index,
            Image = image is null ? null : SampleImage.FromFile(Path.Combine(root, image)),
            Texts = draft.Texts,
            Fields = draft.Fields is { Count: > 0 } fields ? fields : null,
            Error = draft.Error,
        };
    }

    private static JsonNode? Take(JsonObject fields, string name)
    {
        fields.Remove(name, out var value);
        return value;
    }

    private static string? Scalar(JsonNode? node) => node is not JsonValue value ? null
        : value.GetValueKind() is JsonValueKind.String ? value.GetValue<string>()
        : value.GetValueKind() is JsonValueKind.Number ? value.ToJsonString() : null;

    private sealed class Draft(long number)
    {
        public long Number => number;

        public string? Key { get; set; }

        public string? Image { get; set; }

        public List<string> Texts { get; } = [];

        public JsonObject? Fields { get; init; }

        public string? Error { get; set; }

        // True where the other entry only adds texts; they are taken.
        public bool Takes(Draft other)
        {
            if (Error is not null || other.Error is not null || Image is null || Image != other.Image || Key != other.Key
                || !JsonNode.DeepEquals(Fields, other.Fields))
                return false;
            Texts.AddRange(other.Texts);
            return true;
        }
    }
}
