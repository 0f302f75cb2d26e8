using System.Diagnostics;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Calls of many threads in the order of their coming, and a thread of its own that serves them while there are any. No caller's thread waits:
/// a call is awaited.
/// </summary>
/// <param name="pipeline">Whose calls they are.</param>
/// <param name="host">Whose turn the calls are served in.</param>
/// <param name="serve">Serves calls in turn: at least the first one, and others as long as nobody else wants the device.</param>
internal sealed class CallQueue<TCall>(Pipeline pipeline, PipelineHost host, Action serve)
    where TCall : class, IPendingCall
{
    private readonly object gate = new();
    private readonly LinkedList<TCall> waiting = [];
    private int coming;
    private bool isServing;

    /// <summary>Announces a call whose image is still to be read, so that others wait for it, and makes it.</summary>
    /// <param name="call">Reads the image, and adds the call by the function that it is given.</param>
    /// <exception cref="PipelineBusyException">Too many wait.</exception>
    public async Task<T> AnnouncedAsync<T>(Func<Func<TCall, TCall>, Task<T>> call)
    {
        Announce();
        var isComing = true;
        try
        {
            return await call(Arrive).ConfigureAwait(false);
        }
        finally
        {
            if (isComing)
                Withdraw();
        }

        TCall Arrive(TCall arrived)
        {
            isComing = false;
            return Add(arrived);
        }
    }

    /// <summary>The same on the caller's thread.</summary>
    /// <inheritdoc cref="AnnouncedAsync"/>
    public T Announced<T>(Func<Func<TCall, TCall>, T> call) => AnnouncedAsync(arrive => Task.FromResult(call(arrive))).GetAwaiter().GetResult();

    private void Announce()
    {
        lock (gate)
        {
            if (coming + waiting.Count >= host.Options.MaxQueuedCalls)
                throw new PipelineBusyException($"{host.Options.MaxQueuedCalls} calls wait already, the most that MaxQueuedCalls allows; call again later.");
            coming++;
        }
    }

    private void Withdraw()
    {
        lock (gate)
        {
            coming--;
            Monitor.PulseAll(gate);
        }
    }

    private TCall Add(TCall call)
    {
        lock (gate)
        {
            coming--;
            waiting.AddLast(call);
            Monitor.PulseAll(gate);
            if (isServing)
                return call;
            isServing = true;
        }
        new Thread(Serve) { IsBackground = true, Name = "Blip calls" }.Start();
        return call;
    }

    /// <summary>The call that has waited for longest; null for none.</summary>
    public TCall? First()
    {
        lock (gate)
        {
            DropEnded();
            return waiting.First?.Value;
        }
    }

    /// <summary>Takes calls from the front while they belong together.</summary>
    /// <param name="most">No more than these.</param>
    /// <param name="belongs">Whether a call may be served with those before it.</param>
    /// <param name="round">How many of so many calls are taken; null for all.</param>
    public IReadOnlyList<TCall> Take(int most, Func<TCall, bool> belongs, Func<int, int>? round = null)
    {
        lock (gate)
        {
            DropEnded();
            var fitting = waiting.TakeWhile(belongs).Take(most).Count();
            var taken = new List<TCall>();
            for (var count = fitting > 0 && round is not null ? round(fitting) : fitting; count > 0; count--)
            {
                taken.Add(waiting.First!.Value);
                waiting.RemoveFirst();
            }
            return taken;
        }
    }

    private void DropEnded()
    {
        for (var node = waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.IsOver)
                waiting.Remove(node);
            node = next;
        }
    }

    private void Serve()
    {
        do
        {
            WaitForOthers();
            try
            {
                host.InTurn(pipeline, serve, CancellationToken.None);
            }
            catch (Exception e)
            {
                // Whatever it was, nobody may wait for ever.
                FailAll(e);
            }
        }
        while (HasMore());
    }

    private bool HasMore()
    {
        lock (gate)
        {
            DropEnded();
            return isServing = waiting.Count > 0;
        }
    }

    // Images that are being read now are worth a short wait: a batch costs less than its images one by one. A lone call waits for nobody.
    private void WaitForOthers()
    {
        var start = Stopwatch.GetTimestamp();
        lock (gate)
        {
            while (coming > 0 && waiting.Count < host.BatchSize && host.Options.MaxBatchDelay - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } left)
                Monitor.Wait(gate, left);
        }
    }

    private void FailAll(Exception e)
    {
        lock (gate)
        {
            foreach (var call in waiting)
                call.Fail(e);
            waiting.Clear();
        }
    }
}
