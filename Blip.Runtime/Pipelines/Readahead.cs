using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Blip.Runtime.Pipelines;

/// <summary>Works on a stream's items ahead of their reader.</summary>
internal static class Readahead
{
    /// <summary>
    /// Applies <paramref name="work"/> to each item, up to <paramref name="ahead"/> at once, on the thread pool. Results keep the order.
    /// </summary>
    /// <remarks>
    /// At most <paramref name="ahead"/> results wait, and two more are in flight: a slow reader holds the source back. When the reader
    /// leaves, begun work is not awaited, and no other begins. <paramref name="threads"/> bounds the items in work; null leaves it to the
    /// thread pool.
    /// </remarks>
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
                // Work that waits for something outside, such as a terminal, must not hold a cancelled reader.
                yield return await result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await feeding.ConfigureAwait(false);
        }
    }

    /// <summary>Groups of <paramref name="size"/> items; the last may be smaller.</summary>
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
            // The reader gets the source's exception after the items; a cancelled reader has left.
            writer.TryComplete(e);
        }
    }
}
