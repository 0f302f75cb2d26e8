using System.Diagnostics;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Calls of many threads in the order of arrival, and one thread that serves them while there are any. No caller's thread waits:
/// a call is awaited.
/// </summary>
/// <param name="pipeline">Whose calls they are.</param>
/// <param name="host">Whose turn the calls are served in.</param>
/// <param name="operation">Their operation, for listeners.</param>
/// <param name="serve">Serves calls in turn: at least the first one, and others as long as no other work wants the device.</param>
internal sealed class CallQueue<TCall>(Pipeline pipeline, PipelineHost host, string operation, Action serve)
    where TCall : class, IPendingCall
{
    private readonly object gate = new();
    private readonly LinkedList<TCall> waiting = [];
    private int coming;
    private bool isServing;

    /// <summary>Announces a call whose image is still to be read, so that others wait for it, and makes it.</summary>
    /// <param name="call">Reads the image, and adds the call by the function that it is given; a second one if need be.</param>
    /// <exception cref="PipelineBusyException">Too many wait.</exception>
    public async Task<T> AnnouncedAsync<T>(Func<Func<TCall, TCall>, Task<T>> call)
    {
        Announce();
        var meter = new CallMeter(operation, host.ModelLabel);
        var isComing = true;
        Exception? error = null;
        try
        {
            return await call(Arrive).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            error = e;
            throw;
        }
        finally
        {
            if (isComing)
                Withdraw();
            meter.End(error);
        }

        TCall Arrive(TCall arrived)
        {
            arrived.Meter = meter;
            meter.Queue();
            Add(arrived, isComing);
            isComing = false;
            return arrived;
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

    private void Add(TCall call, bool wasComing)
    {
        lock (gate)
        {
            coming -= wasComing ? 1 : 0;
            waiting.AddLast(call);
            Monitor.PulseAll(gate);
            if (isServing)
                return;
            isServing = true;
        }
        new Thread(Serve) { IsBackground = true, Name = "Blip calls" }.Start();
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
                waiting.First!.Value.Meter?.Take();
                taken.Add(waiting.First!.Value);
                waiting.RemoveFirst();
            }
            return taken;
        }
    }

    /// <summary>Does work on the device for some calls, and tells how long it took.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="size">Images or sequences.</param>
    /// <param name="work">The work.</param>
    public T Measure<T>(string stage, int size, Func<T> work) => BlipTelemetry.Measure(stage, size, operation, host.ModelLabel, work);

    /// <inheritdoc cref="Measure{T}(string, int, Func{T})"/>
    public void Measure(string stage, int size, Action work) => Measure(stage, size, () =>
    {
        work();
        return true;
    });

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
                // On any failure, no caller may wait for ever.
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

    // Images that are being read now are worth a short wait: a batch costs less than its images one by one. A lone call does not wait.
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
