using System.Diagnostics;

namespace Blip.Runtime.Pipelines;

/// <summary>The measurements of one call: an activity around it, and figures at its end.</summary>
/// <param name="operation">The operation: <c>caption</c>, <c>answer</c>, <c>match</c> or <c>embeddings</c>.</param>
/// <param name="model">The model's name.</param>
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

    /// <summary>The call has its turn, or is over before it came.</summary>
    public void Take()
    {
        if (Interlocked.Exchange(ref queued, 0) is not 0 and var since)
        {
            BlipTelemetry.CountWaiting(-1);
            BlipTelemetry.RecordWait(Stopwatch.GetElapsedTime(since), operation, model);
        }
    }

    /// <summary>A token was chosen; the first one is told.</summary>
    public void Token()
    {
        if (Interlocked.Increment(ref firstTokens) == 1)
            BlipTelemetry.RecordFirstToken(Stopwatch.GetElapsedTime(start), operation, model);
    }

    /// <summary>Whether anybody listens to the tokens that are counted.</summary>
    public bool IsHeard => activity is not null || BlipTelemetry.CountsTokens;

    /// <summary>Counts tokens.</summary>
    public void Count(int read, int written)
    {
        BlipTelemetry.RecordTokens(read, written, operation, model);
        activity?.SetTag("gen_ai.usage.input_tokens", read);
        activity?.SetTag("gen_ai.usage.output_tokens", written);
    }

    /// <summary>The call ends.</summary>
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
