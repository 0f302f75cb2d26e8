using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Blip.Bootstrapping.Engine;

/// <summary>The meter of bootstrapping, for OpenTelemetry and dotnet-counters.</summary>
public static class BootstrapMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Blip.Bootstrapping";

    private static readonly Meter Source = new(MeterName);

    private static readonly Counter<long> Images = Source.CreateCounter<long>(
        "blip.bootstrap.images", "{image}", "Images that were worked on, by result.");

    private static readonly Counter<long> Texts = Source.CreateCounter<long>(
        "blip.bootstrap.texts", "{text}", "Candidate texts of finished shards, by origin and reason.");

    private static readonly Counter<double> Seconds = Source.CreateCounter<double>(
        "blip.bootstrap.stage.duration", "s", "Time of each stage.");

    private static readonly Counter<long> Shards = Source.CreateCounter<long>(
        "blip.bootstrap.shards", "{shard}", "Shards that ended, by result.");

    internal static void CountImages(string result, int count)
    {
        if (count > 0)
            Images.Add(count, new KeyValuePair<string, object?>("result", result));
    }

    internal static void CountTexts(string origin, bool kept, string reason, int count) =>
        Texts.Add(count, new("origin", origin), new("kept", kept), new("reason", reason));

    internal static void CountShard(string result) => Shards.Add(1, new KeyValuePair<string, object?>("result", result));

    internal static void AddSeconds(string stage, TimeSpan time) =>
        Seconds.Add(time.TotalSeconds, new KeyValuePair<string, object?>("stage", stage));

    /// <summary>Measures a stage until disposal.</summary>
    internal static StageTime Measure(string stage) => new(stage, Stopwatch.GetTimestamp());

    internal readonly struct StageTime(string stage, long start) : IDisposable
    {
        public void Dispose() => AddSeconds(stage, Stopwatch.GetElapsedTime(start));
    }
}
