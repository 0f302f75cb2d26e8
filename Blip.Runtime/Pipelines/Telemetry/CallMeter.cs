using System.Diagnostics;

namespace Blip.Runtime.Pipelines;

/// <summary>Measures one call: an activity around it, and figures at its end.</summary>
internal sealed class CallMeter(string operation, string model)
{
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly Activity? activity = BlipTelemetry.Begin(operation, model);
    private long queued;
    private int firstTokens;

    /// <summary>The call begins to wait for the device.</summary>
    public void Queue()
    {
        queued = Stopwatch.GetTimestamp();
        BlipTelemetry.CountWaiting(1);
    }

    /// <summary>The call gets its turn, or ends before it.</summary>
    public void Take()
    {
        if (Interlocked.Exchange(ref queued, 0) is not 0 and var since)
        {
            BlipTelemetry.CountWaiting(-1);
            BlipTelemetry.RecordWait(Stopwatch.GetElapsedTime(since), operation, model);
        }
    }

    /// <summary>Records the time of the first token.</summary>
    public void Token()
    {
        if (Interlocked.Increment(ref firstTokens) == 1)
            BlipTelemetry.RecordFirstToken(Stopwatch.GetElapsedTime(start), operation, model);
    }

    /// <summary>Whether a listener wants token counts.</summary>
    public bool IsHeard => activity is not null || BlipTelemetry.CountsTokens;

    public void Count(int read, int written)
    {
        BlipTelemetry.RecordTokens(read, written, operation, model);
        activity?.SetTag("gen_ai.usage.input_tokens", read);
        activity?.SetTag("gen_ai.usage.output_tokens", written);
    }

    public void End(Exception? error)
    {
        Take();
        BlipTelemetry.RecordCall(Stopwatch.GetElapsedTime(start), operation, model, error);
        if (error is not null)
        {
            activity?.SetTag("error.type", error.GetType().Name);
            activity?.SetStatus(ActivityStatusCode.Error, error.Message);
        }
        activity?.Dispose();
    }
}
