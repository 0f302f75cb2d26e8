namespace Blip.Runtime.Pipelines;

/// <summary>Admits work in the order of asking within a limit of memory. Work above the limit begins when nothing else holds any.</summary>
internal sealed class ByteGate(long limit)
{
    public const long DefaultLimit = 512L << 20;

    // Less memory is not worth a collection.
    private const long LeastGarbage = 256L << 20;

    private readonly Lock turn = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Room)> waiting = [];
    private long held, givenBack;

    /// <summary>Takes memory where there is room and no other caller waits; 0 bytes need no room.</summary>
    public bool TryEnter(long bytes)
    {
        Collect(bytes);
        lock (turn)
            return waiting.Count == 0 && Take(bytes);
    }

    /// <summary>Waits for room, and takes memory.</summary>
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
                // Room may have come at the same moment.
                if (place.List is null)
                    held -= bytes;
                else
                    waiting.Remove(place);
                LetIn();
            }
            throw;
        }
    }

    /// <summary>Works on the caller's thread when there is room.</summary>
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

    public void Leave(long bytes)
    {
        lock (turn)
        {
            held -= bytes;
            givenBack += bytes;
            LetIn();
        }
    }

    // Returned memory is garbage until collected, and the collector does not know the limit.
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
