using Blip.Datasets.Files;

namespace Blip.Datasets.Lists;

/// <summary>The common part of all lists.</summary>
internal static class ListFiles
{
    /// <summary>The folder that a list's paths are relative to.</summary>
    public static string RootOf(string path, DatasetOptions options) => options.ImageRoot ?? Path.GetDirectoryName(path) ?? "";

    /// <summary>A shard for each range.</summary>
    public static IReadOnlyList<IDatasetShard> Shards(
        string path, IReadOnlyList<ListRange> ranges, Func<ListRange, IEnumerable<Sample>> read) =>
        [.. ranges.Select(range => new EnumeratedShard(range.NameOf(path), path, () => read(range)))];
}
