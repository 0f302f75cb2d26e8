using Blip.Datasets.Lists;
using Blip.Runtime.Files;

namespace Blip.Datasets.Folders;

/// <summary>Hugging Face's imagefolder: images with a <c>metadata.jsonl</c> or <c>metadata.csv</c>, here or in subfolders.</summary>
internal sealed class ImageFolderFormat : IDatasetFormat
{
    private const string JsonLines = "metadata.jsonl";
    private const string Csv = "metadata.csv";

    public string Name => "imagefolder";

    public bool Recognizes(string source)
    {
        try
        {
            return Directory.Exists(source) && Metadata(source).Any();
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
        string[] files;
        try
        {
            files = [.. Metadata(source).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{source}: this folder cannot be listed: {FailureReason.Of(exception)}.", exception);
        }
        if (files.Length == 0)
            throw new DatasetException($"{source}: there is no {JsonLines} or {Csv} in this folder.");
        if (files.GroupBy(Path.GetDirectoryName).FirstOrDefault(same => same.Skip(1).Any()) is { } two)
            throw new DatasetException($"{two.Key}: there are both {JsonLines} and {Csv}; keep one.");
        var columns = ListColumns.OfMetadata(options);
        return [.. files.SelectMany(file => Path.GetFileName(file) == Csv
            ? CsvFormat.Open(file, options, columns)
            : JsonFormat.Open(file, options, columns))];
    }

    private static IEnumerable<string> Metadata(string folder) =>
        Directory.EnumerateFiles(folder, "metadata.*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) is JsonLines or Csv);
}
