using System.Text;
using System.Text.Json.Nodes;
using Blip.Datasets.Files;
using Blip.Runtime.Files;

namespace Blip.Datasets.Folders;

/// <summary>A folder of images with text files, perhaps JSON files, beside them: img2dataset's format <c>files</c>.</summary>
internal sealed class FolderFormat : IDatasetFormat
{
    public string Name => "folder";

    public bool Recognizes(string source)
    {
        try
        {
            return Directory.Exists(source) && Images(source).Any();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public IReadOnlyList<IDatasetShard> Open(string source, DatasetOptions options)
    {
        if (!Directory.Exists(source))
            throw new DatasetException($"{source}: there is no such folder.");
        string[] images;
        try
        {
            images = [.. Images(source).Select(path => Path.GetRelativePath(source, path).Replace('\\', '/'))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{source}: this folder cannot be listed: {FailureReason.Of(exception)}.", exception);
        }
        if (images.Length == 0)
            throw new DatasetException($"{source}: there is no image in this folder ({string.Join(", ", ImageFiles.Extensions)}).");
        Array.Sort(images, StringComparer.Ordinal);
        var shards = new List<IDatasetShard>();
        for (var start = 0; start < images.Length; start += options.ShardSize)
        {
            var (from, end) = (start, Math.Min(start + options.ShardSize, images.Length));
            shards.Add(new EnumeratedShard($"{source}[{from}..{end}]", source, () => Read(source, images, from, end, options)));
        }
        return shards;
    }

    private static IEnumerable<string> Images(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(ImageFiles.IsImage);

    private static IEnumerable<Sample> Read(string folder, string[] images, int from, int end, DatasetOptions options)
    {
        for (var i = from; i < end; i++)
        {
            var sidecar = Path.Combine(folder, Path.ChangeExtension(images[i], null));
            var text = ReadIfThere(sidecar + ".txt") is { } bytes ? Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF') : null;
            var (fields, error) = Fields(sidecar + ".json");
            yield return new Sample
            {
                Key = KeyOf(images, i),
                Index = i - from,
                Image = SampleImage.FromFile(Path.Combine(folder, images[i])),
                Texts = Captions.OfSidecars(text, fields, options.TextColumn),
                Fields = fields is { Count: > 0 } ? fields : null,
                Error = error,
            };
        }
    }

    // Of a.jpg and a.png, the second keeps its extension. All names from "a." are adjacent in ordinal order.
    private static string KeyOf(string[] images, int index)
    {
        var stem = Path.ChangeExtension(images[index], null);
        for (var i = index - 1; i >= 0 && images[i].StartsWith(stem, StringComparison.Ordinal) && images[i][stem.Length] == '.'; i--)
        {
            if (images[i].LastIndexOf('.') == stem.Length)
                return images[index];
        }
        return stem;
    }

    private static (JsonObject? Fields, string? Error) Fields(string path) =>
        ReadIfThere(path) is not { } json ? (null, null)
        : JsonFields.TryParse(json, out var fields, out var problem) ? (fields, null)
        : (null, $"Its .json is damaged: {problem}");

    private static byte[]? ReadIfThere(string path) => File.Exists(path) ? File.ReadAllBytes(path) : null;
}
