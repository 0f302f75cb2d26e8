namespace Blip.Bootstrapping.Queues;

/// <summary>Options of a queue on NATS JetStream.</summary>
public sealed record NatsQueueOptions
{
    /// <summary>
    /// The silence after which a shard is given to another worker. Filling a queue stores it there, and workers use the stored value.
    /// </summary>
    public TimeSpan AckWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The most deliveries of a shard, which is then given up. Server restarts, lost workers and returned shards count, too, so the limit
    /// is generous.
    /// </summary>
    public int MaxDeliveries { get; init; } = 20;

    /// <summary>The longest absence of the server. The first connection has 20 seconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a request for a shard waits at the server, at least one second, before the end of the queue is checked.</summary>
    public TimeSpan PullWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Servers of a cluster that keep the queue: 1, 3 or 5.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>A <c>.creds</c> file with the user's token and key; null for none.</summary>
    public string? CredentialsFile { get; init; }
}
