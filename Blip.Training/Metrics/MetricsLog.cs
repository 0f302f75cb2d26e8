namespace Blip.Training.Metrics;

/// <summary>Writes a run's measurements to <c>metrics.jsonl</c> and to a TensorBoard event file, as they come.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly MetricsFile lines;
    private readonly EventFile events;
    private readonly TimeProvider clock;

    /// <summary>Begins the files of a run, or goes on with them.</summary>
    /// <param name="folder">The run's folder, which exists.</param>
    /// <param name="resumeStep">The step after which the run goes on; null for a new run.</param>
    /// <param name="clock">Tells the time; null for the system's.</param>
    /// <exception cref="TrainingException">The folder holds another run's metrics, or cannot be written to.</exception>
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

    /// <summary>Whether a file of a run's folder is one of these.</summary>
    /// <param name="name">Its name.</param>
    public static bool IsOwn(string name) => name == MetricsFile.Name || name.StartsWith(EventFile.Prefix, StringComparison.Ordinal);

    /// <summary>Writes the numbers of a step.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="values">The numbers by their names.</param>
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
