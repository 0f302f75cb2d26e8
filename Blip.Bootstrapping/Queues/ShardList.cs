namespace Blip.Bootstrapping.Queues;

/// <summary>A fixed list of shards for one worker, in order. It is local, so leases need no renewal. It is thread-safe.</summary>
public sealed class ShardList : IShardQueue
{
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly LinkedList<(int Shard, long NotBefore)> waiting = new();

    /// <summary>Creates the list.</summary>
    /// <param name="shards">The shards in order.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public ShardList(IEnumerable<int> shards, TimeProvider? time = null)
    {
        this.time = time ?? TimeProvider.System;
        foreach (var shard in shards)
            waiting.AddLast((shard, long.MinValue));
    }

    /// <summary>Takes the next shard. It waits for returned shards with a delay, but not for current ones.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The shard; null where none is left.</returns>
    public async Task<IShardLease?> TakeAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TimeSpan wait;
            lock (gate)
            {
                if (waiting.First is null)
                    return null;
                var now = time.GetTimestamp();
                for (var node = waiting.First; node is not null; node = node.Next)
                {
                    if (node.Value.NotBefore > now)
                        continue;
                    waiting.Remove(node);
                    return new Lease(this, node.Value.Shard);
                }
                wait = time.GetElapsedTime(now, waiting.Min(entry => entry.NotBefore));
            }
            await Task.Delay(Waits.AtLeastOneMillisecond(wait), time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Does nothing.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Return(int shard, TimeSpan delay)
    {
        lock (gate)
            waiting.AddLast((shard, Waits.Later(time, delay)));
    }

    private sealed class Lease(ShardList list, int shard) : IShardLease
    {
        private int ended;

        public int Shard => shard;

        public TimeSpan? RenewEvery => null;

        public Task RenewAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task CompleteAsync(CancellationToken cancellationToken = default)
        {
            Interlocked.Exchange(ref ended, 1);
            return Task.CompletedTask;
        }

        public Task ReturnAsync(TimeSpan delay, CancellationToken cancellationToken = default)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
            if (Interlocked.Exchange(ref ended, 1) == 0)
                list.Return(shard, delay);
            return Task.CompletedTask;
        }

        public Task FailAsync(string reason, CancellationToken cancellationToken = default) => CompleteAsync(cancellationToken);
    }
}
