namespace Blip.Bootstrapping.Queues;

/// <summary>How a queue on NATS JetStream behaves.</summary>
public sealed record NatsQueueOptions
{
    /// <summary>
    /// A shard whose worker has been silent for so long is handed out again. Filling a queue writes the time there, and workers follow what
    /// stands there.
    /// </summary>
    public TimeSpan AckWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A shard that was handed out more often is given up: it kills each worker that takes it. A restart of the server, a lost worker and a
    /// shard given back count, too, so that the bound is generous.
    /// </summary>
    public int MaxDeliveries { get; init; } = 20;

    /// <summary>A server that has been away for so long is an error. At the first connection 20 seconds are enough.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a request for a shard stays at the server, one second or more. Then the end of the queue is looked for.</summary>
    public TimeSpan PullWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many servers of a cluster keep the queue: 1, 3 or 5.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>A <c>.creds</c> file with the user's token and key; null for none.</summary>
    public string? CredentialsFile { get; init; }
}
