using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;

namespace Blip.Training.Metrics;

/// <summary>
/// <c>metrics.jsonl</c>: one line a measurement, each written by one unbuffered call. After a kill the last line may be partial; the next
/// run removes it.
/// </summary>
internal sealed class MetricsFile : IDisposable
{
    public const string Name = "metrics.jsonl";

    private readonly FileStream file;

    private MetricsFile(FileStream file) => this.file = file;

    /// <summary>Begins a file in an existing folder, or continues it without the lines after <paramref name="resumeStep"/>.</summary>
    /// <exception cref="TrainingException">A new run's file exists already, or it cannot be written.</exception>
    public static MetricsFile Open(string folder, long? resumeStep = null)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            if (resumeStep is null && File.Exists(path))
                throw new TrainingException($"'{path}' holds the metrics of a run: resume that run, or name another folder.");
            if (resumeStep is { } last && File.Exists(path))
                KeepUntil(path, last);
            // No buffer: a line is one write.
            return new MetricsFile(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"'{path}' cannot be written: {FailureReason.Of(e)}.", e);
        }
    }

    /// <summary>Reads a file without its damaged or partial lines.</summary>
    /// <exception cref="TrainingException">It cannot be read.</exception>
    public static IReadOnlyList<MetricLine> Read(string path)
    {
        try
        {
            return [.. Lines(File.ReadAllBytes(path)).Select(line => line.Line).OfType<MetricLine>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"'{path}' cannot be read: {FailureReason.Of(e, path)}.", e);
        }
    }

    public void Write(MetricLine line) => file.Write(line.ToJson());

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static void KeepUntil(string path, long step)
    {
        var bytes = File.ReadAllBytes(path);
        var kept = Lines(bytes).Where(line => line.Line is { } one && one.Step <= step).ToList();
        var length = kept.Sum(line => line.Length);
        if (length == bytes.Length)
            return;
        ReplacedFile.Write(path, shorter =>
        {
            foreach (var (start, count, _) in kept)
                shorter.Write(bytes, start, count);
        });
    }

    // A last line without its end is partial.
    private static IEnumerable<(int Start, int Length, MetricLine? Line)> Lines(byte[] bytes)
    {
        for (var start = 0; start < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', start);
            if (end < 0)
                yield break;
            yield return (start, end + 1 - start, MetricLine.Parse(bytes.AsSpan(start, end - start)));
            start = end + 1;
        }
    }
}
