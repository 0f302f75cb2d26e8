namespace Blip.Datasets;

/// <summary>A shard that comes over the network or out of a command. It can be read as it is; a reader of two passes fetches it once.</summary>
public interface IRemoteShard : IDatasetShard
{
    /// <summary>Brings the shard to this machine.</summary>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <returns>The copy, which is removed when it is disposed.</returns>
    /// <exception cref="DatasetException">The shard cannot be had; the message names it and the reason.</exception>
    Task<IFetchedShard> FetchAsync(CancellationToken cancellationToken = default);
}

/// <summary>A copy of a shard on this machine. It is removed when it is disposed.</summary>
public interface IFetchedShard : IAsyncDisposable
{
    /// <summary>The copy, under the name of the shard.</summary>
    IDatasetShard Shard { get; }
}
