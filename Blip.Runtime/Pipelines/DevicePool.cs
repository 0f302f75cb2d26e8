using System.Runtime.CompilerServices;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Batches through several devices: a free one takes the next batch from a shared queue, and results come in the order of the
/// batches. A device that is busy has a waiting batch prepared; it will probably run that one, but a device that is free earlier takes it. A
/// device that fails is out, its batch goes to another, and nothing is lost as long as one is left.
/// </summary>
/// <param name="members">The devices.</param>
/// <param name="onFailure">Told whose device failed, and how.</param>
internal sealed class DevicePool<TOwner, TBatch, TResult>(IReadOnlyList<DevicePoolMember<TOwner, TBatch, TResult>> members, Action<TOwner, Exception> onFailure)
{
    private readonly Lock turn = new();
    private readonly SemaphoreSlim arrived = new(0);

    // The devices that run a batch and would prepare another, the batches that wait, and the prepared ones to be taken back.
    private readonly List<DevicePoolMember<TOwner, TBatch, TResult>> eager = [];
    private readonly List<Work> waiting = [];
    private readonly List<Task> discards = [];
    private int left = members.Count;

    /// <summary>
    /// Runs batches; each device has one in hand, and one waits for it, two where it prepares them, so that a slow reader of the results holds
    /// everything back.
    /// </summary>
    /// <exception cref="Exception">The last device's failure.</exception>
    public async IAsyncEnumerable<TResult> RunAsync(IAsyncEnumerable<TBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
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

    // In turn.
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

    // In turn, or when no device works any more.
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
                    // No device is left: the last one's error goes to all further calls.
                    broken = e;
                    work.Fail(e);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader has left, or has all it wanted.
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

        /// <summary>The device that has it prepared, or had; null for none.</summary>
        public DevicePoolMember<TOwner, TBatch, TResult>? PreparedBy { get; set; }

        /// <summary>The batch as that one runs it.</summary>
        public Task<TBatch>? Prepared { get; set; }

        public Task<TResult> Task => done.Task;

        public void Finish(TResult result) => done.TrySetResult(result);

        public void Fail(Exception e)
        {
            done.TrySetException(e);
            // A reader that has left will not look at it, and it is no news to anybody.
            _ = done.Task.Exception;
        }
    }
}

/// <summary>One device of a <see cref="DevicePool{TOwner, TBatch, TResult}"/>.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Run">Runs a batch.</param>
internal sealed record DevicePoolMember<TOwner, TBatch, TResult>(TOwner Owner, Func<TBatch, TResult> Run)
{
    /// <summary>Preparation of a batch on another thread while the device runs the one before; null where there is none.</summary>
    public Func<TBatch, TBatch>? Prepare { get; init; }

    /// <summary>Takes back the preparation of a batch that this device does not run after all.</summary>
    public Action<TBatch>? Discard { get; init; }
}
