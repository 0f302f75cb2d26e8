using System.Diagnostics;
using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Bootstrapping.Engine;

/// <summary>Tells other processes about this one's work: a small file that is rewritten every few seconds.</summary>
internal sealed class WorkerReport
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2), Window = TimeSpan.FromMinutes(1);

    private readonly string path;
    private readonly DateTimeOffset started = DateTimeOffset.UtcNow;
    private readonly Queue<(long Time, long Images)> recent = new();
    private readonly Lock guard = new();
    private long images, written;
    private int? shard;
    private int shardImages;

    /// <summary>Begins to report.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="number">Tells several workers of one process apart.</param>
    public WorkerReport(RunFolder folder, int number)
    {
        Directory.CreateDirectory(folder.Workers);
        path = Path.Combine(folder.Workers, $"{Environment.MachineName}-{Environment.ProcessId}{(number == 0 ? "" : $"-{number}")}.json");
        recent.Enqueue((Stopwatch.GetTimestamp(), 0));
    }

    /// <summary>A shard begins.</summary>
    /// <param name="number">The shard.</param>
    /// <param name="finished">Its images that were finished before.</param>
    public void Begin(int number, int finished)
    {
        lock (guard)
            (shard, shardImages) = (number, finished);
        Write(force: true);
    }

    /// <summary>Images are finished.</summary>
    public void Add(int count)
    {
        lock (guard)
        {
            images += count;
            shardImages += count;
            recent.Enqueue((Stopwatch.GetTimestamp(), images));
            while (recent.Count > 2 && Stopwatch.GetElapsedTime(recent.Peek().Time) > Window)
                recent.Dequeue();
        }
        Write(force: false);
    }

    /// <summary>The worker ends, and its file goes: remaining files belong to killed workers.</summary>
    public void End()
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Debug.WriteLine(e.Message);
        }
    }

    private void Write(bool force)
    {
        WorkerFile file;
        lock (guard)
        {
            if (!force && Stopwatch.GetElapsedTime(written) < Interval)
                return;
            written = Stopwatch.GetTimestamp();
            var (time, before) = recent.Peek();
            file = new WorkerFile
            {
                Host = Environment.MachineName,
                Process = Environment.ProcessId,
                Started = started,
                Updated = DateTimeOffset.UtcNow,
                Images = images,
                Shard = shard,
                ShardImages = shardImages,
                Rate = (images - before) / Math.Max(1e-3, Stopwatch.GetElapsedTime(time).TotalSeconds),
            };
        }
        try
        {
            ReplacedFile.Write(path, report => JsonSerializer.Serialize(report, file, ManifestForms.Default.WorkerFile), toDisk: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The report is for people; a run does not end for the want of it.
            Debug.WriteLine(e.Message);
        }
    }
}
