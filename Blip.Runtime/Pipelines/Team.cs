using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Batches through several devices: whichever is free takes the next one from a queue that they share, and results come in the order of the
/// batches. A device that fails is out, its batch goes to another, and nothing is lost as long as one is left.
/// </summary>
/// <param name="members">What runs a batch on each device, and whose it is.</param>
/// <param name="onFailure">Told whose device failed, and how.</param>
internal sealed class Team<TMember, TBatch, TResult>(IReadOnlyList<(Func<TBatch, TResult> Run, TMember Member)> members, Action<TMember, Exception> onFailure)
{
    private readonly Channel<Work> queue = Channel.CreateUnbounded<Work>();
    private int left = members.Count;

    /// <summary>Runs batches; each device has one in hand and one waits, so that a slow reader of the results holds everything back.</summary>
    /// <exception cref="Exception">What the last device failed with.</exception>
    public async IAsyncEnumerable<TResult> RunAsync(IAsyncEnumerable<TBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workers = members.Select(member => Task.Run(() => WorkAsync(member, stop.Token), CancellationToken.None)).ToArray();
        var inOrder = batches.SelectAheadAsync(Queue, members.Count, cancellationToken);
        try
        {
            await foreach (var work in inOrder.ConfigureAwait(false))
                yield return await work.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(workers).ConfigureAwait(false);
        }
    }

    private Work Queue(TBatch batch)
    {
        var work = new Work(batch);
        queue.Writer.TryWrite(work);
        return work;
    }

    private async Task WorkAsync((Func<TBatch, TResult> Run, TMember Member) member, CancellationToken stop)
    {
        Exception? broken = null;
        try
        {
            while (true)
            {
                var work = await queue.Reader.ReadAsync(stop).ConfigureAwait(false);
                if (broken is not null)
                {
                    work.Fail(broken);
                    continue;
                }
                try
                {
                    work.Finish(member.Run(work.Batch));
                }
                catch (OperationCanceledException e)
                {
                    work.Fail(e);
                }
#pragma warning disable CA1031 // Whatever a device fails with, the others go on.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    onFailure(member.Member, e);
                    if (Interlocked.Decrement(ref left) > 0)
                    {
                        queue.Writer.TryWrite(work);
                        return;
                    }
                    // Nobody is left: the last one tells all who still come.
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

    private sealed class Work(TBatch batch)
    {
        private readonly TaskCompletionSource<TResult> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TBatch Batch => batch;

        public Task<TResult> Task => done.Task;

        public void Finish(TResult result) => done.TrySetResult(result);

        public void Fail(Exception e) => done.TrySetException(e);
    }
}
