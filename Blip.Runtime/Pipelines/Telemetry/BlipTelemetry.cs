using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Measurements for OpenTelemetry and other listeners: add the source and the meter named <see cref="Name"/>. Names follow OpenTelemetry's
/// conventions for generative AI where they fit. Without listeners nothing is measured.
/// </summary>
public static class BlipTelemetry
{
    /// <summary>The name of the <see cref="ActivitySource"/> and of the <see cref="Meter"/>.</summary>
    public const string Name = "Blip";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram<double>("gen_ai.server.request.duration", "s", "From a call to its result.");

    private static readonly Histogram<double> FirstToken =
        Meter.CreateHistogram<double>("gen_ai.server.time_to_first_token", "s", "From a call to its first token.");

    private static readonly Histogram<long> Tokens =
        Meter.CreateHistogram<long>("gen_ai.client.token.usage", "{token}", "Tokens of a call, read (input) or written (output).");

    private static readonly Histogram<double> Waited =
        Meter.CreateHistogram<double>("blip.call.wait", "s", "From the decoded image to the turn on the device.");

    private static readonly UpDownCounter<long> Waiting =
        Meter.CreateUpDownCounter<long>("blip.calls.waiting", "{call}", "Calls that wait for a device.");

    private static readonly Histogram<long> Batch =
        Meter.CreateHistogram<long>("blip.batch.size", "{item}", "Images encoded together, or sequences of one decoding step.");

    private static readonly Histogram<double> Stage =
        Meter.CreateHistogram<double>("blip.stage.duration", "s", "Work on the device, by stage.");

    internal static bool CountsTokens => Tokens.Enabled;

    /// <summary>Begins a call's activity; null without listeners.</summary>
    internal static Activity? Begin(string operation, string model)
    {
        var activity = Source.StartActivity($"{operation} {model}");
        activity?.SetTag("gen_ai.operation.name", operation);
        activity?.SetTag("gen_ai.provider.name", "blip");
        activity?.SetTag("gen_ai.request.model", model);
        return activity;
    }

    /// <summary>Counts a call that waits (1), or no longer waits (-1).</summary>
    internal static void CountWaiting(int change) => Waiting.Add(change);

    internal static void RecordWait(TimeSpan waited, string operation, string model)
    {
        if (Waited.Enabled)
            Waited.Record(waited.TotalSeconds, Tags(operation, model));
    }

    /// <summary>Records a call's time, and its error's type.</summary>
    internal static void RecordCall(TimeSpan took, string operation, string model, Exception? error)
    {
        if (!Duration.Enabled)
            return;
        var tags = Tags(operation, model);
        if (error is not null)
            tags.Add("error.type", error.GetType().Name);
        Duration.Record(took.TotalSeconds, tags);
    }

    internal static void RecordFirstToken(TimeSpan took, string operation, string model)
    {
        if (FirstToken.Enabled)
            FirstToken.Record(took.TotalSeconds, Tags(operation, model));
    }

    internal static void RecordTokens(int read, int written, string operation, string model)
    {
        if (!Tokens.Enabled)
            return;
        foreach (var (kind, count) in (ReadOnlySpan<(string, int)>)[("input", read), ("output", written)])
        {
            var tags = Tags(operation, model);
            tags.Add("gen_ai.token.type", kind);
            Tokens.Record(count, tags);
        }
    }

    /// <summary>Does work on the device, and records its stage, size and time.</summary>
    internal static T Measure<T>(string stage, int size, string operation, string model, Func<T> work)
    {
        if (!Stage.Enabled && !Batch.Enabled)
            return work();
        var start = Stopwatch.GetTimestamp();
        var result = work();
        var tags = Tags(operation, model);
        tags.Add("blip.stage", stage);
        Stage.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, tags);
        Batch.Record(size, tags);
        return result;
    }

    private static TagList Tags(string operation, string model) => new()
    {
        { "gen_ai.operation.name", operation },
        { "gen_ai.provider.name", "blip" },
        { "gen_ai.request.model", model },
    };
}
