using Blip.Datasets.Folders;
using Blip.Datasets.Lists;
using Blip.Datasets.Parquet;
using Blip.Datasets.Remote;
using Blip.Datasets.Webdataset;

namespace Blip.Datasets;

/// <summary>Opens data sets in any format.</summary>
public static class Dataset
{
    /// <summary>The formats, most distinctive first.</summary>
    public static IReadOnlyList<IDatasetFormat> Formats { get; } =
    [
        new WebdatasetFormat(),
        new ParquetFormat(),
        new ImageFolderFormat(),
        new FolderFormat(),
        new CsvFormat(),
        new JsonFormat(),
    ];

    /// <summary>Lists the shards of sources, in the given order.</summary>
    /// <param name="sources">
    /// Files, folders, patterns (<c>*</c>, <c>?</c>, <c>**</c>, <c>{00000..00123}</c>), addresses and commands.
    /// </param>
    /// <param name="options">Reading options; null for the defaults.</param>
    /// <exception cref="DatasetException">A source is missing, of no known format, or cannot be listed.</exception>
    public static IReadOnlyList<IDatasetShard> Open(IEnumerable<string> sources, DatasetOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        options ??= new DatasetOptions();
        options.Validate();
        IReadOnlyList<IDatasetFormat> formats = [.. options.OwnFormats, .. Formats];
        if (options.Format is { } name)
        {
            formats = [formats.FirstOrDefault(format => format.Name == name)
                ?? throw new DatasetException($"'{name}' is no format of a data set; give one of {Names(formats)}.")];
        }
        // Custom formats may use any source names.
        var shards = sources
            .SelectMany(source => options.OwnFormats.Any(own => own.Recognizes(source)) ? [source] : SourcePatterns.Expand(source))
            .SelectMany(source => Open(source, formats, options)).ToList();
        if (shards.GroupBy(shard => shard.Name).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
            throw new DatasetException($"{twice.Key}: this is given twice.");
        return shards;
    }

    private static string Names(IEnumerable<IDatasetFormat> formats) => string.Join(", ", formats.Select(format => format.Name));

    private static IReadOnlyList<IDatasetShard> Open(string source, IReadOnlyList<IDatasetFormat> formats, DatasetOptions options)
    {
        var remote = RemoteSource.Parse(source, options);
        // A named format need not recognize the source.
        var format = options.Format is not null
            ? formats[0]
            : formats.FirstOrDefault(format => format.Recognizes(remote?.FileName ?? source))
            ?? throw new DatasetException(
                $"{remote?.Name ?? source}: this is no data set in a known format ({Names(formats)}); name its format.");
        return remote is null ? format.Open(source, options) : [new RemoteShard(remote, format, options)];
    }
}
