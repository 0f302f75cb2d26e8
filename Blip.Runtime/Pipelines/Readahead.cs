using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Blip.Runtime.Pipelines;

/// <summary>Work on a stream's items that runs ahead of the results' reader, on the thread pool, in order, and never far ahead.</summary>
internal static class Readahead
{
    /// <summary>Applies <paramref name="work"/> to each item, up to <paramref name="ahead"/> of them at once, and yields the results in order.</summary>
    /// <remarks>
    /// No more than <paramref name="ahead"/> results (and two more in flight between the hands) exist at a time, for any
    /// length: a slow taker holds the source back. Work that has begun when the taker leaves is not waited for; other work does not begin.
    /// </remarks>
    /// <param name="items">The items, taken one after another.</param>
    /// <param name="work">The work on one item.</param>
    /// <param name="ahead">The most results that wait to be taken, at least 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="threads">The most items that are worked on at once, at least 1; null for as many as the thread pool takes.</param>
    public static async IAsyncEnumerable<TResult> SelectAheadAsync<T, TResult>(
        this IAsyncEnumerable<T> items,
        Func<T, TResult> work,
        int ahead,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        int? threads = null)
    {
        var scheduler = threads is { } most
            ? new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, most).ConcurrentScheduler
            : TaskScheduler.Default;
        var channel = Channel.CreateBounded<Task<TResult>>(new BoundedChannelOptions(ahead) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = FeedAsync(items, work, channel.Writer, scheduler, stop.Token);
        try
        {
            await foreach (var result in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                // Work that waits for something outside, a terminal for one, must not outlive the wish for it.
                yield return await result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await feeding.ConfigureAwait(false);
        }
    }

    /// <summary>Groups of <paramref name="size"/> items, the last one smaller.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<T>> InGroupsAsync<T>(
        this IAsyncEnumerable<T> items,
        int size,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var group = new List<T>(size);
        await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            group.Add(item);
            if (group.Count < size)
                continue;
            yield return group;
            group = new List<T>(size);
        }
        if (group.Count > 0)
            yield return group;
    }

    private static async Task FeedAsync<T, TResult>(
        IAsyncEnumerable<T> items, Func<T, TResult> work, ChannelWriter<Task<TResult>> writer, TaskScheduler scheduler,
        CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                // Room first, work second: a full channel starts nothing.
                if (!await writer.WaitToWriteAsync(cancellationToken).ConfigureAwait(false))
                    return;
                writer.TryWrite(Task.Factory.StartNew(() => work(item), cancellationToken, TaskCreationOptions.DenyChildAttach, scheduler));
            }
            writer.Complete();
        }
        catch (Exception e)
        {
            // The reader meets the source's exception where the items end; a cancelled reader has left already.
            writer.TryComplete(e);
        }
    }
}
