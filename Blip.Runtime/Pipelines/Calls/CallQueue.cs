using System.Diagnostics;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Calls of many threads in order of arrival, served by one thread while there are any. No caller blocks. <paramref name="serve"/> runs in
/// turn: it serves the first call, and others while no other work wants the device.
/// </summary>
internal sealed class CallQueue<TCall>(Pipeline pipeline, PipelineHost host, string operation, Action serve)
    where TCall : class, IPendingCall
{
    private readonly object gate = new();
    private readonly LinkedList<TCall> waiting = [];
    private int coming;
    private bool isServing;

    /// <summary>
    /// Makes a call whose image is still to be read; others wait for it. <paramref name="call"/> reads the image and adds the call, a
    /// second one if need be.
    /// </summary>
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
    public T Announced<T>(Func<Func<TCall, TCall>, T> call) =>
        AnnouncedAsync(arrive => Task.FromResult(call(arrive))).GetAwaiter().GetResult();

    private void Announce()
    {
        lock (gate)
        {
            if (coming + waiting.Count >= host.Options.MaxQueuedCalls)
                throw new PipelineBusyException(
                    $"{host.Options.MaxQueuedCalls} calls wait already, the most that MaxQueuedCalls allows; call again later.");
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

    /// <summary>The call that has waited longest; null for none.</summary>
    public TCall? First()
    {
        lock (gate)
        {
            DropEnded();
            return waiting.First?.Value;
        }
    }

    /// <summary>Takes calls from the front while they belong together, <paramref name="round"/> of them; null takes all.</summary>
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

    public T Measure<T>(string stage, int size, Func<T> work) => BlipTelemetry.Measure(stage, size, operation, host.ModelLabel, work);

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

    // Waits briefly for images that are being read: a batch costs less than its images one by one. A lone call does not wait.
    private void WaitForOthers()
    {
        var start = Stopwatch.GetTimestamp();
        lock (gate)
        {
            while (coming > 0 && waiting.Count < host.BatchSize
                && host.Options.MaxBatchDelay - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } left)
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
