using Blip.Kernels;

namespace Blip.Bootstrapping.Queues;

/// <summary>
/// Gives shard numbers. A number may be given repeatedly, since only the <c>.done.json</c> file shows whether a shard is done.
/// </summary>
public interface IShardQueue : IAsyncDisposable
{
    /// <summary>Takes the next shard; waits while others may still return one.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The shard; null when this worker will get no more.</returns>
    /// <exception cref="ShardQueueException">The queue is unreachable or does not fit the run.</exception>
    Task<IShardLease?> TakeAsync(CancellationToken cancellationToken = default);
}

/// <summary>A shard that a worker currently has.</summary>
public interface IShardLease
{
    /// <summary>The shard's number.</summary>
    int Shard { get; }

    /// <summary>How often to call <see cref="RenewAsync"/> during the work; null if unnecessary.</summary>
    TimeSpan? RenewEvery { get; }

    /// <summary>Extends the lease.</summary>
    Task RenewAsync(CancellationToken cancellationToken = default);

    /// <summary>Marks the shard as done; it is not given again.</summary>
    Task CompleteAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns the shard for any worker.</summary>
    /// <param name="delay">The least time until then.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task ReturnAsync(TimeSpan delay, CancellationToken cancellationToken = default);

    /// <summary>Marks the shard as failing on every worker. It is not given again in this run.</summary>
    /// <param name="reason">The reason, for people.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task FailAsync(string reason, CancellationToken cancellationToken = default);
}

/// <summary>A queue is unusable. The message has the fault and the remedy.</summary>
/// <param name="message">The message for people.</param>
/// <param name="inner">The cause.</param>
public sealed class ShardQueueException(string message, Exception? inner = null) : BlipException(message, inner);
