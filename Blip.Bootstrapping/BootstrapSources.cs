using Blip.Datasets;

namespace Blip.Bootstrapping;

/// <summary>A run's sources: shards of web pairs to filter, and of human pairs to keep.</summary>
/// <param name="Web">Shards whose texts are judged and whose images get captions.</param>
/// <param name="Human">Shards whose texts are kept without filtering.</param>
public sealed record BootstrapSources(IReadOnlyList<IDatasetShard> Web, IReadOnlyList<IDatasetShard> Human)
{
    /// <summary>The number of shards.</summary>
    public int Count => Web.Count + Human.Count;

    /// <summary>A shard by its number, web shards first.</summary>
    internal IDatasetShard this[int shard] => IsHuman(shard) ? Human[shard - Web.Count] : Web[shard];

    /// <summary>Lists the shards of sources.</summary>
    /// <param name="web">Sources of web pairs.</param>
    /// <param name="human">Sources of human pairs.</param>
    /// <param name="options">How they are read.</param>
    /// <exception cref="DatasetException">A source cannot be listed.</exception>
    public static BootstrapSources Open(IEnumerable<string> web, IEnumerable<string> human, DatasetOptions options) =>
        new(Dataset.Open(web, options), Dataset.Open(human, options));

    internal bool IsHuman(int shard) => shard >= Web.Count;

    /// <summary>A shard's name in the output: five digits.</summary>
    public static string NameOf(int shard) => $"{shard:00000}";
}
