using NATS.Client.JetStream;

namespace Blip.Bootstrapping.Queues;

/// <summary>A message that this worker has not yet acknowledged.</summary>
internal sealed class NatsShardLease(
    NatsShardQueue queue, NatsServer server, INatsJSMsg<byte[]> message, int shard, TimeSpan ackWait) : IShardLease
{
    // Without confirmation, an acknowledgement just before a restart is lost.
    private static readonly AckOpts Confirmed = new() { DoubleAck = true };

    public int Shard => shard;

    public TimeSpan? RenewEvery => ackWait / 3;

    /// <summary>Extends the lease. An absent server does not stop the work: at worst the shard is done twice.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(ackWait / 3);
        try
        {
            await message.AckProgressAsync(cancellationToken: stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && NatsServer.IsAway(exception))
        {
        }
    }

    public Task CompleteAsync(CancellationToken cancellationToken = default) =>
        server.DoAsync($"to complete shard {shard}", stop => message.AckAsync(Confirmed, stop), cancellationToken);

    public Task ReturnAsync(TimeSpan delay, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        var options = Confirmed with { NakDelay = delay };
        return server.DoAsync($"to return shard {shard}", stop => message.NakAsync(options, stop), cancellationToken);
    }

    // The reason is not sent: servers before 2.10.4 ignore a termination with one.
    public async Task FailAsync(string reason, CancellationToken cancellationToken = default)
    {
        await server.DoAsync($"to give up shard {shard}", stop => message.AckTerminateAsync(Confirmed, stop), cancellationToken)
            .ConfigureAwait(false);
        queue.Fail(shard, reason);
    }
}
