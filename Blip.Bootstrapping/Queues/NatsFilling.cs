using System.Globalization;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Blip.Bootstrapping.Queues;

/// <summary>
/// Fills a queue. Each shard has a separate subject with at most one message. Queued shards are skipped; failed ones may be queued again.
/// </summary>
internal sealed class NatsFilling(NatsServer server, string stream, string run, NatsQueueOptions options)
{
    private const string Describing = "blip bootstrap, run ";
    private const int StoreFailed = 10077;

    /// <summary>Identifies this filling's repeated messages, even if a worker has completed one in between.</summary>
    private readonly string filling = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);

    /// <exception cref="ShardQueueException">The stream belongs to another run or is no queue of shards.</exception>
    public static void CheckRun(NatsServer server, string stream, StreamConfig found, string run)
    {
        var described = found.Description?.StartsWith(Describing, StringComparison.Ordinal) == true;
        if (found.Retention != StreamConfigRetention.Workqueue || !described)
            throw new ShardQueueException($"The stream '{stream}' at {server.Shown} is no queue of shards: name another stream, or none.");
        if (found.Description == Describing + run)
            return;
        throw new ShardQueueException($"The stream '{stream}' at {server.Shown} belongs to another run "
            + $"({found.Description![Describing.Length..]}, not {run}): name another stream, or none.");
    }

    public async Task<int> RunAsync(string consumer, IEnumerable<int> shards, CancellationToken cancellationToken)
    {
        var found = await server.FindStreamAsync(stream, cancellationToken).ConfigureAwait(false)
            ?? await server.AskAsync("the stream", (streams, stop) => streams.CreateStreamAsync(NewStream(), stop), cancellationToken)
                .ConfigureAwait(false);
        CheckRun(server, stream, found.Info.Config, run);
        var added = 0;
        foreach (var shard in shards.Distinct())
        {
            var isNew = await server.AskAsync("to queue a shard", (streams, stop) => AddAsync(streams, shard, stop), cancellationToken)
                .ConfigureAwait(false);
            added += isNew ? 1 : 0;
        }
        // Workers wait for the consumer, which is created once the queue is full.
        await server.AskAsync("the consumer", CreateAsync, cancellationToken).ConfigureAwait(false);
        return added;

        ValueTask<INatsJSConsumer> CreateAsync(NatsJSContext streams, CancellationToken stop) =>
            streams.CreateOrUpdateConsumerAsync(stream, NewConsumer(consumer), stop);
    }

    private async ValueTask<bool> AddAsync(NatsJSContext streams, int shard, CancellationToken stop)
    {
        var number = shard.ToString(CultureInfo.InvariantCulture);
        var options = new NatsJSPubOpts { MsgId = $"{run}/{number}/{filling}" };
        var message = new ShardMessage(run, shard).Write();
        var answer = await streams.PublishAsync($"{Subject}.{number}", message, opts: options, cancellationToken: stop)
            .ConfigureAwait(false);
        if (answer.Error is null)
            return !answer.Duplicate;
        if (answer.Error is { ErrCode: StoreFailed, Description: { } reason } && reason.Contains("per subject", StringComparison.Ordinal))
            return false;
        throw new ShardQueueException($"{server.Shown} does not take shard {number} into '{stream}': {answer.Error.Description}");
    }

    private string Subject => $"blip.shards.{stream}";

    private StreamConfig NewStream() => new(stream, [$"{Subject}.*"])
    {
        Description = Describing + run,
        Retention = StreamConfigRetention.Workqueue,
        Storage = StreamConfigStorage.File,
        Discard = StreamConfigDiscard.New,
        MaxMsgsPerSubject = 1,
        DiscardNewPerSubject = true,
        NumReplicas = options.Replicas,
    };

    // Workers limit the deliveries. A server's limit would leave the message in the stream, not delivered and not counted.
    private ConsumerConfig NewConsumer(string name) => new(name)
    {
        AckPolicy = ConsumerConfigAckPolicy.Explicit,
        AckWait = options.AckWait,
        MaxDeliver = -1,
        MaxAckPending = -1,
    };
}
