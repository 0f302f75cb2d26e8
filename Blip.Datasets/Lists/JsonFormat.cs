using System.Text.Json;
using Blip.Datasets.Files;
using Blip.Evaluation;
using Blip.Runtime.Files;

namespace Blip.Datasets.Lists;

/// <summary>BLIP's lists of <c>{"image", "caption"}</c>, as an array or JSON Lines; COCO's captions, and Karpathy's files.</summary>
internal sealed class JsonFormat : IDatasetFormat
{
    private static readonly string[] Extensions = [".json", ".jsonl", ".ndjson"];

    public string Name => "json";

    public bool Recognizes(string source) =>
        Extensions.Any(end => source.EndsWith(end, StringComparison.OrdinalIgnoreCase));

    public IReadOnlyList<IDatasetShard> Open(string source, DatasetOptions options) => Open(source, options, ListColumns.OfList(options));

    public static IReadOnlyList<IDatasetShard> Open(string path, DatasetOptions options, ListColumns columns)
    {
        try
        {
            var first = JsonEntries.FirstCharacter(path);
            return first == '{' && path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
                ? Annotations(path, options)
                : List(path, first != '[', options, columns);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: it cannot be read: {FailureReason.Of(exception, path)}.", exception);
        }
    }

    private static IReadOnlyList<IDatasetShard> List(string path, bool lines, DatasetOptions options, ListColumns columns)
    {
        var root = ListFiles.RootOf(path, options);
        var ranges = new ListRanges(options.ShardSize);
        foreach (var (offset, json) in JsonEntries.Read(path, lines, 0))
            ranges.Add(offset, ImageOf(json.Span, columns));
        return ListFiles.Shards(path, ranges.All, range => new ListSamples(columns, root).Read(Entries(path, lines, range)));
    }

    private static IEnumerable<ListEntry> Entries(string path, bool lines, ListRange range)
    {
        var number = range.First;
        foreach (var (_, json) in JsonEntries.Read(path, lines, range.Offset).Take((int)range.Count))
        {
            yield return JsonFields.TryParse(json.Span, out var fields, out var problem)
                ? new ListEntry(number, fields)
                : new ListEntry(number, null, $"The entry is damaged: {problem}");
            number++;
        }
    }

    // Reads only the image's name, without objects for millions of entries.
    private static string? ImageOf(ReadOnlySpan<byte> json, ListColumns columns)
    {
        var (found, rank) = ((string?)null, int.MaxValue);
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                for (var i = 0; i < Math.Min(rank, columns.Images.Count); i++)
                {
                    if (!reader.ValueTextEquals(columns.Images[i]))
                        continue;
                    reader.Read();
                    (found, rank) = (reader.TokenType == JsonTokenType.String ? reader.GetString() : null, i);
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
        return found;
    }

    private static IReadOnlyList<IDatasetShard> Annotations(string path, DatasetOptions options)
    {
        try
        {
            var images = CaptionAnnotations.Load(path, options.Split).Images;
            var root = ListFiles.RootOf(path, options);
            var folder = new ImageFolder(root.Length == 0 ? "." : root);
            var shards = new List<IDatasetShard>();
            for (var start = 0; start < images.Count; start += options.ShardSize)
            {
                var range = new ListRange(start, Math.Min(options.ShardSize, images.Count - start), 0);
                shards.Add(new EnumeratedShard(range.NameOf(path), path, () => Annotated(images, range, folder)));
            }
            return shards;
        }
        catch (AnnotationException exception)
        {
            throw new DatasetException(exception.Message, exception);
        }
    }

    private static IEnumerable<Sample> Annotated(IReadOnlyList<CaptionedImage> images, ListRange range, ImageFolder folder)
    {
        var keys = new Keys.Unique(StringComparer.Ordinal);
        for (var i = 0; i < (int)range.Count; i++)
        {
            var image = images[(int)range.First + i];
            var path = folder.Find(image.FileName, image.Id, out var objection);
            var key = image.FileName is null ? $"{image.Id}" : Keys.OfPath(image.FileName);
            yield return new Sample
            {
                Key = keys.Next(key),
                Index = i,
                Image = path is null ? null : SampleImage.FromFile(path),
                Texts = image.Captions,
                Fields = new() { ["image_id"] = image.Id.Number is { } number ? number : $"{image.Id}" },
                Error = objection is null ? null : $"Its image {image.FileName ?? $"{image.Id}"} is not found (ImageRoot): {objection}.",
            };
        }
    }
}
