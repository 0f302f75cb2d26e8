namespace Blip.Bootstrapping.Queues;

/// <summary>
/// A queue for workers of one process, with the rules of a distributed one. Without renewal a lease expires, and the shard is given again.
/// </summary>
public sealed class InProcessShardQueue : IShardQueue
{
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly TimeSpan leaseTime;
    private readonly List<Entry> entries;
    private readonly Dictionary<int, string> failed = [];
    private TaskCompletionSource changed = NewSignal();

    /// <summary>Creates a queue.</summary>
    /// <param name="shards">The shards in their first order.</param>
    /// <param name="leaseTime">The duration of a lease without renewal.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public InProcessShardQueue(IEnumerable<int> shards, TimeSpan leaseTime, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseTime, TimeSpan.Zero);
        this.leaseTime = leaseTime;
        this.time = time ?? TimeProvider.System;
        entries = [.. shards.Select(shard => new Entry { Shard = shard, Until = long.MinValue })];
    }

    /// <summary>Shards that fail on every worker, with reasons.</summary>
    public IReadOnlyDictionary<int, string> Failed
    {
        get
        {
            lock (gate)
                return new Dictionary<int, string>(failed);
        }
    }

    /// <inheritdoc/>
    public async Task<IShardLease?> TakeAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task signal;
            TimeSpan wait;
            lock (gate)
            {
                if (entries.Count == 0)
                    return null;
                var now = time.GetTimestamp();
                if (entries.Find(entry => entry.Until <= now) is { } free)
                    return Hand(free);
                signal = changed.Task;
                wait = time.GetElapsedTime(now, entries.Min(entry => entry.Until));
            }
            await WaitAsync(signal, wait, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Does nothing: current shards may still be completed.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WaitAsync(Task signal, TimeSpan wait, CancellationToken cancellationToken)
    {
        // Cancels the losing timer; a long lease would leave one for each change.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(Waits.AtLeastOneMillisecond(wait), time, stop.Token);
        await Task.WhenAny(signal, delay).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private Lease Hand(Entry entry)
    {
        entry.Until = Waits.Later(time, leaseTime);
        // The number distinguishes an expired lease from the next one.
        entry.Delivery++;
        return new Lease(this, entry, entry.Delivery);
    }

    private void Change(Action action)
    {
        lock (gate)
        {
            action();
            changed.SetResult();
            changed = NewSignal();
        }
    }

    private sealed class Entry
    {
        public int Shard { get; init; }

        /// <summary>A lease's deadline, or the earliest time of a returned shard.</summary>
        public long Until { get; set; }

        public int Delivery { get; set; }
    }

    private sealed class Lease(InProcessShardQueue queue, Entry entry, int delivery) : IShardLease
    {
        private bool ended;

        public int Shard => entry.Shard;

        public TimeSpan? RenewEvery => queue.leaseTime / 3;

        private bool Current => !ended && entry.Delivery == delivery;

        public Task RenewAsync(CancellationToken cancellationToken = default) => Do(() =>
        {
            if (Current)
                entry.Until = Waits.Later(queue.time, queue.leaseTime);
        });

        // A worker that was too slow has still done the shard.
        public Task CompleteAsync(CancellationToken cancellationToken = default) => Do(() =>
        {
            ended = true;
            queue.entries.Remove(entry);
        });

        public Task ReturnAsync(TimeSpan delay, CancellationToken cancellationToken = default)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
            return Do(() =>
            {
                if (Current)
                    entry.Until = Waits.Later(queue.time, delay);
                ended = true;
            });
        }

        public Task FailAsync(string reason, CancellationToken cancellationToken = default) => Do(() =>
        {
            if (Current && queue.entries.Remove(entry))
                queue.failed[entry.Shard] = reason;
            ended = true;
        });

        private Task Do(Action action)
        {
            queue.Change(action);
            return Task.CompletedTask;
        }
    }
}
