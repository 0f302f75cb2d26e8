using System.Diagnostics;
using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Bootstrapping.Engine;

/// <summary>Publishes this process's work in a small file, rewritten every few seconds.</summary>
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

    /// <summary>Begins to report; the number distinguishes a process's workers.</summary>
    public WorkerReport(RunFolder folder, int number)
    {
        Directory.CreateDirectory(folder.Workers);
        path = Path.Combine(folder.Workers, $"{Environment.MachineName}-{Environment.ProcessId}{(number == 0 ? "" : $"-{number}")}.json");
        recent.Enqueue((Stopwatch.GetTimestamp(), 0));
    }

    public void Begin(int number, int finished)
    {
        lock (guard)
            (shard, shardImages) = (number, finished);
        Write(force: true);
    }

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

    /// <summary>Ends, and deletes the file: remaining files belong to killed workers.</summary>
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
            // The report is for people; a run continues without it.
            Debug.WriteLine(e.Message);
        }
    }
}
