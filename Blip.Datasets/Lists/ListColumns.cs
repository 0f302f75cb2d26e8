using System.Text.Json.Nodes;

namespace Blip.Datasets.Lists;

/// <summary>The fields of an entry's image, text and key.</summary>
/// <param name="Images">Names for the image's path, by priority.</param>
/// <param name="Texts">Names for the text, by priority.</param>
/// <param name="Key">The key's name; null derives it from the path.</param>
/// <param name="TextIsNamed">Whether the user named the text's field, so that it is required.</param>
internal sealed record ListColumns(IReadOnlyList<string> Images, IReadOnlyList<string> Texts, string? Key, bool TextIsNamed)
{
    private static readonly string[] ImageNames = ["image", "image_path", "path", "file", "file_name", "filepath", "filename"];
    private static readonly string[] TextNames = ["caption", "text", "title", "captions", "texts"];

    public static ListColumns OfList(DatasetOptions options) => Named(options, ImageNames, TextNames);

    /// <summary>The names of Hugging Face's metadata files.</summary>
    public static ListColumns OfMetadata(DatasetOptions options) => Named(options, ["file_name"], ["text", "caption", "captions", "texts"]);

    public static string? Find(IReadOnlyList<string> names, Func<string, bool> has) => names.FirstOrDefault(has);

    /// <summary>An entry's image; null where it has none.</summary>
    public string? ImageOf(JsonObject entry) =>
        Find(Images, entry.ContainsKey) is { } name && entry[name] is JsonValue value && value.TryGetValue<string>(out var image)
            ? image
            : null;

    private static ListColumns Named(DatasetOptions options, string[] images, string[] texts) => new(
        options.ImageColumn is { } image ? [image] : images,
        options.TextColumn is { } text ? [text] : texts,
        options.KeyColumn,
        options.TextColumn is not null);
}
