using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Blip.Bootstrapping.Queues;

/// <summary>
/// A queue on NATS JetStream for workers that come and go: a file-based work-queue stream and one durable pull consumer. A message is a
/// shard's number and run; it leaves the queue once its acknowledgement is confirmed. A killed server may deliver acknowledged shards
/// again.
/// </summary>
public sealed class NatsShardQueue : IShardQueue
{
    private const string Consumer = "workers";

    private readonly NatsServer server;
    private readonly NatsQueueOptions options;
    private readonly string stream;
    private readonly string run;
    private readonly INatsJSConsumer consumer;
    private readonly ConcurrentDictionary<int, string> failed = [];

    private NatsShardQueue(NatsServer server, NatsQueueOptions options, string stream, string run, INatsJSConsumer consumer) =>
        (this.server, this.options, this.stream, this.run, this.consumer) = (server, options, stream, run, consumer);

    /// <summary>Shards that this worker removed undone, with reasons.</summary>
    public IReadOnlyDictionary<int, string> Failed => failed;

    /// <summary>A run's default stream, different for each run.</summary>
    /// <param name="run">The run's fingerprint.</param>
    public static string StreamOf(string run)
    {
        ArgumentException.ThrowIfNullOrEmpty(run);
        return "BLIP_" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(run)))[..16];
    }

    /// <summary>Connects to a queue made by <see cref="FillAsync"/>.</summary>
    /// <param name="url"><c>nats://HOST:PORT</c>, with <c>/STREAM</c> if it is not the run's.</param>
    /// <param name="run">The run's fingerprint.</param>
    /// <param name="options">The queue's options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ShardQueueException">The server or queue is missing, or belongs to another run.</exception>
    public static async Task<NatsShardQueue> OpenAsync(
        string url, string run, NatsQueueOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        var address = NatsAddress.Parse(url);
        var stream = address.Stream ?? StreamOf(run);
        var server = await NatsServer.ConnectAsync(address, options, cancellationToken).ConfigureAwait(false);
        try
        {
            var found = await server.FindStreamAsync(stream, cancellationToken).ConfigureAwait(false)
                ?? throw new ShardQueueException($"{server.Shown} has no queue '{stream}': fill it first, with 'blip bootstrap submit'.");
            NatsFilling.CheckRun(server, stream, found.Info.Config, run);
            var consumer = await WaitForConsumerAsync(server, stream, options, cancellationToken).ConfigureAwait(false);
            return new NatsShardQueue(server, options, stream, run, consumer);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Adds shards to the queue, which is created if missing. Queued shards stay unchanged.</summary>
    /// <param name="url"><c>nats://HOST:PORT</c>, with <c>/STREAM</c> if it is not the run's.</param>
    /// <param name="run">The run's fingerprint.</param>
    /// <param name="shards">The unfinished shards.</param>
    /// <param name="options">The queue's options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the filling; queued shards remain.</param>
    /// <returns>The number of added shards.</returns>
    /// <exception cref="ShardQueueException">There is no such server, or the stream belongs to another run.</exception>
    public static async Task<int> FillAsync(
        string url, string run, IEnumerable<int> shards, NatsQueueOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        var address = NatsAddress.Parse(url);
        await using var server = await NatsServer.ConnectAsync(address, options, cancellationToken).ConfigureAwait(false);
        var filling = new NatsFilling(server, address.Stream ?? StreamOf(run), run, options);
        return await filling.RunAsync(Consumer, shards, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IShardLease?> TakeAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var message = await server.AskAsync("the next shard", PullAsync, cancellationToken).ConfigureAwait(false);
            if (message is not null)
            {
                if (await AcceptAsync(message, cancellationToken).ConfigureAwait(false) is { } lease)
                    return lease;
            }
            // A timeout is no end: a restarted server answers nothing for a while.
            else if (await IsEmptyAsync(cancellationToken).ConfigureAwait(false))
                return null;
        }
    }

    /// <summary>Closes the connection. This worker's shards are given to others after a while.</summary>
    public ValueTask DisposeAsync() => server.DisposeAsync();

    internal void Fail(int shard, string reason) => failed[shard] = reason;

    private static async Task<INatsJSConsumer> WaitForConsumerAsync(
        NatsServer server, string stream, NatsQueueOptions options, CancellationToken cancellationToken)
    {
        // The consumer is created last. Without it the queue is incomplete and would end too early.
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < options.Patience)
        {
            var consumer = await server.FindConsumerAsync(stream, Consumer, cancellationToken).ConfigureAwait(false);
            if (consumer is not null)
                return consumer;
            await Task.Delay(500, cancellationToken).ConfigureAwait(false);
        }
        throw new ShardQueueException(
            $"The queue '{stream}' at {server.Shown} was not filled to the end: run 'blip bootstrap submit' again.");
    }

    private ValueTask<INatsJSMsg<byte[]>?> PullAsync(NatsJSContext streams, CancellationToken stop) =>
        consumer.NextAsync<byte[]>(opts: new NatsJSNextOpts { Expires = options.PullWait }, cancellationToken: stop);

    private async Task<bool> IsEmptyAsync(CancellationToken cancellationToken)
    {
        var state = await server.FindAsync("the state of the queue", async (_, stop) =>
        {
            await consumer.RefreshAsync(stop).ConfigureAwait(false);
            return consumer.Info;
        }, cancellationToken).ConfigureAwait(false);
        return state is null
            ? throw new ShardQueueException(
                $"The queue '{stream}' is gone from {server.Shown}: fill it again, with 'blip bootstrap submit'.")
            : state is { NumPending: 0, NumAckPending: 0 };
    }

    private async Task<NatsShardLease?> AcceptAsync(INatsJSMsg<byte[]> message, CancellationToken cancellationToken)
    {
        var content = ShardMessage.Read(message.Data);
        if (content is null || content.Run != run)
        {
            // The stream's own workers get it at once.
            await message.NakAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            throw new ShardQueueException(content is null
                ? $"The stream '{stream}' at {server.Shown} holds messages that are no shards: name another stream."
                : $"The stream '{stream}' at {server.Shown} holds shards of another run ({content.Run}, not {run}): name another.");
        }
        var lease = new NatsShardLease(this, server, message, content.Shard, consumer.Info.Config.AckWait);
        var deliveries = message.Metadata?.NumDelivered ?? 1;
        if (deliveries <= (ulong)options.MaxDeliveries)
            return lease;
        var reason = $"it was handed out {deliveries - 1} times, and no worker finished it";
        await lease.FailAsync(reason, cancellationToken).ConfigureAwait(false);
        return null;
    }
}
