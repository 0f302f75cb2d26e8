using Blip.Kernels;

namespace Blip.Bootstrapping.Queues;

/// <summary>
/// Hands out shard numbers, and nothing else: whether a shard is done is told by its <c>.done.json</c> file alone, so that a number may be
/// handed
/// out again at any time.
/// </summary>
public interface IShardQueue : IAsyncDisposable
{
    /// <summary>Takes the next shard; waits while others may still give one back.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The shard; null once there will be none for this worker.</returns>
    /// <exception cref="ShardQueueException">The queue cannot be reached, or does not fit the run.</exception>
    Task<IShardLease?> TakeAsync(CancellationToken cancellationToken = default);
}

/// <summary>A shard that this worker has for the moment.</summary>
public interface IShardLease
{
    /// <summary>The shard's number.</summary>
    int Shard { get; }

    /// <summary>
    /// How often <see cref="RenewAsync"/> is to be called while the work goes on; null where the shard stays this worker's without.
    /// </summary>
    TimeSpan? RenewEvery { get; }

    /// <summary>Says that the work goes on.</summary>
    Task RenewAsync(CancellationToken cancellationToken = default);

    /// <summary>Says that the shard is done, and is never to be handed out again.</summary>
    Task CompleteAsync(CancellationToken cancellationToken = default);

    /// <summary>Gives the shard back: it is handed out again, to any worker.</summary>
    /// <param name="delay">Not before this time has passed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task ReturnAsync(TimeSpan delay, CancellationToken cancellationToken = default);

    /// <summary>Says that the shard fails on every worker. It is not handed out again in this run.</summary>
    /// <param name="reason">The reason, for people.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task FailAsync(string reason, CancellationToken cancellationToken = default);
}

/// <summary>A queue that cannot be used. The message has the fault and the remedy.</summary>
/// <param name="message">The sentence for people.</param>
/// <param name="inner">The cause.</param>
public sealed class ShardQueueException(string message, Exception? inner = null) : BlipException(message, inner);
