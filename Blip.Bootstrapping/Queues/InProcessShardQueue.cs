namespace Blip.Bootstrapping.Queues;

/// <summary>
/// A queue for several workers of one process, with the rules of one between machines. A lease runs out unless it is renewed; then the
/// shard is handed out again.
/// </summary>
public sealed class InProcessShardQueue : IShardQueue
{
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly TimeSpan leaseTime;
    private readonly List<Entry> entries;
    private readonly Dictionary<int, string> failed = [];
    private TaskCompletionSource changed = NewSignal();

    /// <summary>Makes a queue.</summary>
    /// <param name="shards">The shards, in the order in which they are first handed out.</param>
    /// <param name="leaseTime">How long a lease lasts that is not renewed.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public InProcessShardQueue(IEnumerable<int> shards, TimeSpan leaseTime, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseTime, TimeSpan.Zero);
        this.leaseTime = leaseTime;
        this.time = time ?? TimeProvider.System;
        entries = [.. shards.Select(shard => new Entry { Shard = shard, Until = long.MinValue })];
    }

    /// <summary>Shards that failed on every worker, with the reasons.</summary>
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

    /// <summary>Does nothing: shards under way may still be completed.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WaitAsync(Task signal, TimeSpan wait, CancellationToken cancellationToken)
    {
        // The timer that lost is stopped, or a long lease would leave one behind for each change.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(Waits.AtLeastOneMillisecond(wait), time, stop.Token);
        await Task.WhenAny(signal, delay).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private Lease Hand(Entry entry)
    {
        entry.Until = Waits.Later(time, leaseTime);
        // A lease that ran out is told from the one that follows it by its number.
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

        /// <summary>While leased: the deadline; while given back: not before.</summary>
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

        // A worker that was too slow has done the shard all the same.
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
