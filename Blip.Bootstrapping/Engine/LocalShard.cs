using Blip.Datasets;

namespace Blip.Bootstrapping.Engine;

/// <summary>A shard on this machine: it is fetched once for two readings.</summary>
internal sealed class LocalShard : IAsyncDisposable
{
    private readonly IAsyncDisposable? copy;

    private LocalShard(IDatasetShard shard, IAsyncDisposable? copy) => (Shard, this.copy) = (shard, copy);

    public IDatasetShard Shard { get; }

    /// <summary>Fetches a remote shard; a local one is used directly.</summary>
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
