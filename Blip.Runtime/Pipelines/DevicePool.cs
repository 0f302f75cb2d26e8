using System.Runtime.CompilerServices;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Runs batches on several devices, with results in batch order. Free devices take the next batch. A busy device has a waiting batch
/// prepared, but a device that is free earlier takes it. A failed device's batch goes to another.
/// </summary>
internal sealed class DevicePool<TOwner, TBatch,
    TResult>(IReadOnlyList<DevicePoolMember<TOwner, TBatch, TResult>> members, Action<TOwner, Exception> onFailure)
{
    private readonly Lock turn = new();
    private readonly SemaphoreSlim arrived = new(0);

    // Eager devices run a batch and would prepare another.
    private readonly List<DevicePoolMember<TOwner, TBatch, TResult>> eager = [];
    private readonly List<Work> waiting = [];
    private readonly List<Task> discards = [];
    private int left = members.Count;

    /// <summary>
    /// Runs batches. Each device has one in hand and one waiting, two where it prepares them: a slow reader holds everything back.
    /// </summary>
    /// <exception cref="Exception">The last device's failure.</exception>
    public async IAsyncEnumerable<TResult> RunAsync(
        IAsyncEnumerable<TBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workers = members.Select(member => Task.Run(() => WorkAsync(member, stop.Token), CancellationToken.None)).ToArray();
        var inOrder = batches.SelectAheadAsync(Queue, members.Sum(member => member.Prepare is null ? 1 : 2), cancellationToken);
        try
        {
            await foreach (var work in inOrder.ConfigureAwait(false))
                yield return await work.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(workers).ConfigureAwait(false);
            waiting.ForEach(Discard);
            await Task.WhenAll(discards).ConfigureAwait(false);
        }
    }

    private Work Queue(TBatch batch)
    {
        var work = new Work(batch);
        Add(work, waiting.Count);
        return work;
    }

    private void Add(Work work, int place)
    {
        lock (turn)
        {
            waiting.Insert(Math.Min(place, waiting.Count), work);
            if (eager is [var member, ..])
            {
                eager.RemoveAt(0);
                PrepareNext(member);
            }
        }
        arrived.Release();
    }

    private async Task<Work> TakeAsync(DevicePoolMember<TOwner, TBatch, TResult> member, CancellationToken stop)
    {
        lock (turn)
            eager.Remove(member);
        await arrived.WaitAsync(stop).ConfigureAwait(false);
        lock (turn)
        {
            var work = waiting.Find(work => work.PreparedBy == member) ?? waiting.Find(work => work.PreparedBy is null) ?? waiting[0];
            waiting.Remove(work);
            if (work.PreparedBy is { } other && other != member)
            {
                Discard(work);
                PrepareNext(other);
            }
            if (member.Prepare is not null)
                PrepareNext(member);
            return work;
        }
    }

    // The caller holds the lock.
    private void PrepareNext(DevicePoolMember<TOwner, TBatch, TResult> member)
    {
        if (waiting.Find(work => work.PreparedBy is null) is not { } next)
        {
            eager.Add(member);
            return;
        }
        next.PreparedBy = member;
        next.Prepared = Task.Run(() =>
        {
            try
            {
                return member.Prepare!(next.Batch);
            }
#pragma warning disable CA1031 // The batch runs as it is, and meets the device's error there.
            catch (Exception)
#pragma warning restore CA1031
            {
                return next.Batch;
            }
        });
    }

    // The caller holds the lock, or no device works any more.
    private void Discard(Work work)
    {
        if (work is { PreparedBy: { Discard: { } discard }, Prepared: { } prepared })
            discards.Add(prepared.ContinueWith(batch => discard(batch.Result), TaskScheduler.Default));
        (work.PreparedBy, work.Prepared) = (null, null);
    }

    private async Task WorkAsync(DevicePoolMember<TOwner, TBatch, TResult> member, CancellationToken stop)
    {
        Exception? broken = null;
        try
        {
            while (true)
            {
                var work = await TakeAsync(member, stop).ConfigureAwait(false);
                if (broken is not null)
                {
                    work.Fail(broken);
                    continue;
                }
                try
                {
                    work.Finish(member.Run(work.Prepared is { } prepared ? await prepared.ConfigureAwait(false) : work.Batch));
                }
                catch (OperationCanceledException e)
                {
                    work.Fail(e);
                }
#pragma warning disable CA1031 // After any failure of a device the others continue.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    onFailure(member.Owner, e);
                    if (Interlocked.Decrement(ref left) > 0)
                    {
                        Leave(member);
                        (work.PreparedBy, work.Prepared) = (null, null);
                        Add(work, 0);
                        return;
                    }
                    // The last device's error goes to all further calls.
                    broken = e;
                    work.Fail(e);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader has left, or has all results.
        }
    }

    private void Leave(DevicePoolMember<TOwner, TBatch, TResult> member)
    {
        lock (turn)
        {
            eager.Remove(member);
            waiting.FindAll(work => work.PreparedBy == member).ForEach(Discard);
        }
    }

    private sealed class Work(TBatch batch)
    {
        private readonly TaskCompletionSource<TResult> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The batch as it came: any device can run it.</summary>
        public TBatch Batch => batch;

        /// <summary>The device that prepares it; null for none.</summary>
        public DevicePoolMember<TOwner, TBatch, TResult>? PreparedBy { get; set; }

        /// <summary>The batch as that device runs it.</summary>
        public Task<TBatch>? Prepared { get; set; }

        public Task<TResult> Task => done.Task;

        public void Finish(TResult result) => done.TrySetResult(result);

        public void Fail(Exception e)
        {
            done.TrySetException(e);
            // A reader that has left never observes the exception.
            _ = done.Task.Exception;
        }
    }
}

internal sealed record DevicePoolMember<TOwner, TBatch, TResult>(TOwner Owner, Func<TBatch, TResult> Run)
{
    /// <summary>Prepares a batch on another thread while the device runs the previous one.</summary>
    public Func<TBatch, TBatch>? Prepare { get; init; }

    /// <summary>Takes back the preparation of a batch that runs elsewhere.</summary>
    public Action<TBatch>? Discard { get; init; }
}
