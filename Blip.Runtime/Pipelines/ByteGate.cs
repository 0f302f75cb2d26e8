namespace Blip.Runtime.Pipelines;

/// <summary>
/// Lets work begin while the memory that all of it holds stays within a limit, in the order of asking. Work that asks for more than the limit
/// begins when nothing else holds any.
/// </summary>
/// <param name="limit">The most bytes.</param>
internal sealed class ByteGate(long limit)
{
    /// <summary>The default limit.</summary>
    public const long DefaultLimit = 512L << 20;

    // Less is not worth a collection, however small the limit.
    private const long LeastGarbage = 256L << 20;

    private readonly Lock turn = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Room)> waiting = [];
    private long held, givenBack;

    /// <summary>Takes memory where there is room now; work without memory may always begin.</summary>
    public bool TryEnter(long bytes)
    {
        Collect(bytes);
        lock (turn)
            return waiting.Count == 0 && Take(bytes);
    }

    /// <summary>Takes memory, and waits for room.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled before there was room.</exception>
    public async Task EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<(long Bytes, TaskCompletionSource Room)> place;
        lock (turn)
        {
            place = new((bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
            if (waiting.Count == 0 && Take(bytes))
                place.Value.Room.SetResult();
            else
                waiting.AddLast(place);
        }
        try
        {
            await place.Value.Room.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            Collect(bytes);
        }
        catch (OperationCanceledException)
        {
            lock (turn)
            {
                // Room may have come in the same moment.
                if (place.List is null)
                    held -= bytes;
                else
                    waiting.Remove(place);
                LetIn();
            }
            throw;
        }
    }

    /// <summary>Does work that holds memory, when there is room for it, on the caller's thread.</summary>
    public T Do<T>(long bytes, Func<T> work)
    {
        EnterAsync(bytes, CancellationToken.None).GetAwaiter().GetResult();
        try
        {
            return work();
        }
        finally
        {
            Leave(bytes);
        }
    }

    /// <summary>Gives memory back.</summary>
    public void Leave(long bytes)
    {
        lock (turn)
        {
            held -= bytes;
            givenBack += bytes;
            LetIn();
        }
    }

    // Memory that was given back is garbage until it is collected, and the collector does not know the limit.
    private void Collect(long bytes)
    {
        var most = Math.Max(limit, LeastGarbage);
        if (bytes == 0 || Volatile.Read(ref givenBack) < most || Interlocked.Exchange(ref givenBack, 0) < most)
            return;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
    }

    private bool Take(long bytes)
    {
        if (bytes > 0 && held > 0 && held + bytes > limit)
            return false;
        held += bytes;
        return true;
    }

    private void LetIn()
    {
        while (waiting.First is { } first && Take(first.Value.Bytes))
        {
            waiting.RemoveFirst();
            first.Value.Room.SetResult();
        }
    }
}
