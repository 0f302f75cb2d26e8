using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Blip.Training.Data;

/// <summary>Work on a stream's items by some threads, whose results come in the items' order.</summary>
internal static class OrderedWork
{
    /// <summary>Applies <paramref name="work"/> to each item.</summary>
    /// <param name="items">Taken one after another.</param>
    /// <param name="work">The work.</param>
    /// <param name="threads">How many items are worked on at a time.</param>
    /// <param name="ahead">The most results that wait to be taken.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<TResult> SelectInOrderAsync<T, TResult>(
        this IAsyncEnumerable<T> items,
        Func<T, TResult> work,
        int threads,
        int ahead,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ahead, 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var jobs = Channel.CreateUnbounded<(T Item, TaskCompletionSource<TResult> Result)>();
        var results = Channel.CreateBounded<Task<TResult>>(new BoundedChannelOptions(ahead) { SingleReader = true, SingleWriter = true });
        Task[] working =
        [
            FeedAsync(items, jobs.Writer, results.Writer, stop.Token),
            .. Enumerable.Range(0, threads).Select(_ => Task.Run(() => WorkAsync(jobs.Reader, work, stop.Token), CancellationToken.None)),
        ];
        try
        {
            await foreach (var result in results.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return await result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(working).ConfigureAwait(false);
        }
    }

    private static async Task FeedAsync<T, TResult>(
        IAsyncEnumerable<T> items,
        ChannelWriter<(T, TaskCompletionSource<TResult>)> jobs,
        ChannelWriter<Task<TResult>> results,
        CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                var result = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
                // A place among the results first: whoever takes them slowly holds the items back.
                await results.WriteAsync(result.Task, cancellationToken).ConfigureAwait(false);
                jobs.TryWrite((item, result));
            }
            results.Complete();
        }
        catch (Exception e)
        {
            // The reader meets the source's exception where the items end; a cancelled reader has left already.
            results.TryComplete(e);
        }
        finally
        {
            jobs.Complete();
        }
    }

    private static async Task WorkAsync<T, TResult>(
        ChannelReader<(T Item, TaskCompletionSource<TResult> Result)> jobs, Func<T, TResult> work, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var (item, result) in jobs.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    result.SetResult(work(item));
                }
                catch (Exception e)
                {
                    result.SetException(e);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody waits for the rest.
        }
    }
}
