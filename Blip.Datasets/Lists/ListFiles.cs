using Blip.Datasets.Files;

namespace Blip.Datasets.Lists;

internal static class ListFiles
{
    /// <summary>The folder for a list's relative paths.</summary>
    public static string RootOf(string path, DatasetOptions options) => options.ImageRoot ?? Path.GetDirectoryName(path) ?? "";

    public static IReadOnlyList<IDatasetShard> Shards(
        string path, IReadOnlyList<ListRange> ranges, Func<ListRange, IEnumerable<Sample>> read) =>
        [.. ranges.Select(range => new EnumeratedShard(range.NameOf(path), path, () => read(range)))];
}
