using Blip.Datasets;

namespace Blip.Bootstrapping.Engine;

/// <summary>A shard on this machine: read twice, it is fetched once.</summary>
internal sealed class LocalShard : IAsyncDisposable
{
    private readonly IAsyncDisposable? copy;

    private LocalShard(IDatasetShard shard, IAsyncDisposable? copy) => (Shard, this.copy) = (shard, copy);

    /// <summary>The shard to read.</summary>
    public IDatasetShard Shard { get; }

    /// <summary>Fetches a remote shard; a local one is itself.</summary>
    /// <exception cref="DatasetException">It cannot be fetched.</exception>
    public static async Task<LocalShard> OpenAsync(IDatasetShard shard, CancellationToken cancellationToken)
    {
        if (shard is not IRemoteShard remote)
            return new LocalShard(shard, null);
        var fetched = await remote.FetchAsync(cancellationToken).ConfigureAwait(false);
        return new LocalShard(fetched.Shard, fetched);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => copy?.DisposeAsync() ?? ValueTask.CompletedTask;
}
