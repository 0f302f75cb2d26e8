namespace Blip.Training.Metrics;

/// <summary>Writes a run's measurements to <c>metrics.jsonl</c> and a TensorBoard event file.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly MetricsFile lines;
    private readonly EventFile events;
    private readonly TimeProvider clock;

    /// <summary>Begins or continues the files of a run in an existing folder.</summary>
    /// <exception cref="TrainingException">The folder has another run's metrics or is not writable.</exception>
    public MetricsLog(string folder, long? resumeStep = null, TimeProvider? clock = null)
    {
        this.clock = clock ?? TimeProvider.System;
        lines = MetricsFile.Open(folder, resumeStep);
        try
        {
            events = EventFile.Create(folder, this.clock.GetUtcNow(), resumeStep);
        }
        catch
        {
            lines.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file name is one of these.</summary>
    public static bool IsOwn(string name) => name == MetricsFile.Name || name.StartsWith(EventFile.Prefix, StringComparison.Ordinal);

    /// <summary>Writes the values of a step (from 1) of an epoch (from 0).</summary>
    public void Write(long step, int epoch, IReadOnlyList<KeyValuePair<string, double>> values)
    {
        var line = new MetricLine(step, epoch, clock.GetUtcNow(), values);
        lines.Write(line);
        events.Write(line);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lines.Dispose();
        events.Dispose();
    }
}
