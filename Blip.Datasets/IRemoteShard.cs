namespace Blip.Datasets;

/// <summary>A shard from the network or a command. It can be read directly; a reader of two passes fetches it once.</summary>
public interface IRemoteShard : IDatasetShard
{
    /// <summary>Copies the shard to this machine.</summary>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <returns>The copy, removed on disposal.</returns>
    /// <exception cref="DatasetException">The shard cannot be fetched; the message names it and the reason.</exception>
    Task<IFetchedShard> FetchAsync(CancellationToken cancellationToken = default);
}

/// <summary>A local copy of a shard, removed on disposal.</summary>
public interface IFetchedShard : IAsyncDisposable
{
    /// <summary>The copy, under the shard's name.</summary>
    IDatasetShard Shard { get; }
}
