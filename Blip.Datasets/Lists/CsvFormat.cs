using Blip.Datasets.Files;

namespace Blip.Datasets.Lists;

/// <summary>A table of text (<c>.csv</c>, <c>.tsv</c>) with columns of image paths and texts.</summary>
internal sealed class CsvFormat : IDatasetFormat
{
    public string Name => "csv";

    public bool Recognizes(string source) =>
        source.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || source.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase);

    public IReadOnlyList<IDatasetShard> Open(string source, DatasetOptions options) => Open(source, options, ListColumns.OfList(options));

    public static IReadOnlyList<IDatasetShard> Open(string path, DatasetOptions options, ListColumns columns)
    {
        var root = ListFiles.RootOf(path, options);
        var table = CsvTable.Open(path);
        Check(columns.Images, "image", "ImageColumn");
        if (columns.TextIsNamed)
            Check(columns.Texts, "text", "TextColumn");
        if (columns.Key is { } key)
            Check([key], "key", "KeyColumn");
        var ranges = table.Ranges(options.ShardSize, columns);
        return ListFiles.Shards(path, ranges, range => new ListSamples(columns, root).Read(table.Read(range)));

        void Check(IReadOnlyList<string> names, string what, string option)
        {
            if (!names.Any(table.Names.Contains))
            {
                throw new DatasetException($"{path}: there is no column {string.Join(", ", names)} for the {what}; the columns are "
                    + $"{string.Join(", ", table.Names)}. Name one ({option}).");
            }
        }
    }
}
