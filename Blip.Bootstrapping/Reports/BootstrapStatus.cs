using System.Text.Json;
using Blip.Bootstrapping.Engine;
using Blip.Runtime.Files;

namespace Blip.Bootstrapping.Reports;

/// <summary>The state of a shard.</summary>
public enum ShardStatusKind
{
    /// <summary>Not begun.</summary>
    Waiting,

    /// <summary>A process works on it.</summary>
    Running,

    /// <summary>Its process ended early; the next run continues.</summary>
    Interrupted,

    /// <summary>It is done.</summary>
    Done,

    /// <summary>Given up, with a reason.</summary>
    Failed,
}

/// <summary>A shard of a run.</summary>
/// <param name="Shard">Its number.</param>
/// <param name="Source">Its source.</param>
/// <param name="State">Its state.</param>
/// <param name="Images">Its images; of an unfinished shard, the finished ones.</param>
/// <param name="Failed">Failed images.</param>
/// <param name="Candidates">Candidate texts of a finished shard.</param>
/// <param name="Kept">Its kept texts.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
public sealed record ShardStatus(
    int Shard, string Source, ShardStatusKind State, int Images, int Failed, int Candidates, int Kept, string? Error = null);

/// <summary>Texts of one origin.</summary>
/// <param name="Candidates">All of them.</param>
/// <param name="Kept">Those in the new data set.</param>
public sealed record OriginStatus(long Candidates, long Kept);

/// <summary>The progress of a run, from its folder alone: it needs no device, and workers may be anywhere.</summary>
public sealed record BootstrapStatus
{
    // Workers report every few seconds, but a large model's batch takes longer.
    private static readonly TimeSpan Alive = TimeSpan.FromMinutes(2);

    /// <summary>The shards, in order.</summary>
    public required IReadOnlyList<ShardStatus> Shards { get; init; }

    /// <summary>Texts of finished shards, by origin.</summary>
    public required IReadOnlyDictionary<string, OriginStatus> Texts { get; init; }

    /// <summary>Texts of finished shards, by reason.</summary>
    public required IReadOnlyDictionary<string, long> Reasons { get; init; }

    /// <summary>Active processes.</summary>
    public int Workers { get; init; }

    /// <summary>Images per second of all workers.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>Time left at this rate; null if unknown.</summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>Finished images.</summary>
    public long Images => Shards.Sum(shard => (long)shard.Images);

    /// <summary>Failed images.</summary>
    public long Failed => Shards.Sum(shard => (long)shard.Failed);

    /// <summary>The shards in a state.</summary>
    public int Count(ShardStatusKind state) => Shards.Count(shard => shard.State == state);

    /// <summary>Reads a run's folder.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="BootstrapException">It has no run, or a file is unreadable.</exception>
    public static BootstrapStatus Read(string path)
    {
        var folder = new RunFolder(path);
        var manifest = ManifestFile.Read(folder.Manifest);
        var workers = WorkersOf(folder);
        var (texts, reasons) = (
            new SortedDictionary<string, OriginStatus>(StringComparer.Ordinal), new SortedDictionary<string, long>(StringComparer.Ordinal));
        var shards = manifest.Shards.Select((source, shard) => Status(folder, shard, source, workers, texts, reasons)).ToList();
        var rate = workers.Sum(worker => worker.Rate);
        return new BootstrapStatus
        {
            Shards = shards,
            Texts = texts,
            Reasons = reasons,
            Workers = workers.Count,
            ImagesPerSecond = rate,
            TimeLeft = Left(shards, rate),
        };
    }

    /// <summary>A score's threshold in a run's rule.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="score">The score.</param>
    /// <returns>The threshold; null for none.</returns>
    public static double? ThresholdOf(string path, ScoreKind score)
    {
        var options = ManifestFile.Read(new RunFolder(path).Manifest).Options;
        return score switch
        {
            ScoreKind.Itm => (double?)options["itm-threshold"],
            ScoreKind.Itc => (double?)options["itc-threshold"],
            ScoreKind.LogProbability => null,
            _ => throw new ArgumentOutOfRangeException(nameof(score), score, "There is no such score."),
        };
    }

    private static ShardStatus Status(
        RunFolder folder, int shard, string source, List<WorkerFile> workers,
        IDictionary<string, OriginStatus> texts, IDictionary<string, long> reasons)
    {
        if (folder.IsDone(shard))
        {
            var done = DoneFile.Read(folder.Done(shard));
            if (done.Flaw(folder.Path) is { } flaw)
                return new ShardStatus(shard, source, ShardStatusKind.Failed, 0, 0, 0, 0, flaw);
            foreach (var (origin, count) in done.Texts)
            {
                texts.TryGetValue(origin, out var before);
                texts[origin] = new OriginStatus((before?.Candidates ?? 0) + count.Candidates, (before?.Kept ?? 0) + count.Kept);
            }
            foreach (var (reason, count) in done.Reasons)
            {
                reasons.TryGetValue(reason, out var before);
                reasons[reason] = before + count;
            }
            return new ShardStatus(
                shard, source, ShardStatusKind.Done, done.Images, done.Failed,
                done.Texts.Values.Sum(count => count.Candidates), done.Texts.Values.Sum(count => count.Kept));
        }
        if (workers.Find(worker => worker.Shard == shard) is { } at)
            return new ShardStatus(shard, source, ShardStatusKind.Running, at.ShardImages, 0, 0, 0);
        var (journal, held) = (folder.Journal(shard), ShardJournal.IsHeld(folder.Journal(shard)));
        if (held)
            return new ShardStatus(shard, source, ShardStatusKind.Running, 0, 0, 0, 0);
        var finished = ShardJournal.Count(journal);
        if (File.Exists(folder.Error(shard)))
            return new ShardStatus(shard, source, ShardStatusKind.Failed, finished, 0, 0, 0, ErrorOf(folder.Error(shard)));
        return new ShardStatus(shard, source, finished > 0 ? ShardStatusKind.Interrupted : ShardStatusKind.Waiting, finished, 0, 0, 0);
    }

    private static string ErrorOf(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ManifestForms.Default.ErrorFile)?.Error ?? "no reason was written";
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return $"{path}: the reason cannot be read: {FailureReason.Of(e, path)}.";
        }
    }

    private static List<WorkerFile> WorkersOf(RunFolder folder)
    {
        var workers = new List<WorkerFile>();
        if (!Directory.Exists(folder.Workers))
            return workers;
        foreach (var path in Directory.EnumerateFiles(folder.Workers, "*.json").Order(StringComparer.Ordinal))
        {
            try
            {
                if (JsonSerializer.Deserialize(File.ReadAllBytes(path), ManifestForms.Default.WorkerFile) is { } worker
                    && DateTimeOffset.UtcNow - worker.Updated < Alive && !IsGone(worker))
                {
                    workers.Add(worker);
                }
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                // The worker is writing or removing it.
                continue;
            }
        }
        return workers;
    }

    // A killed process on this machine is detected at once.
    private static bool IsGone(WorkerFile worker) =>
        worker.Host == Environment.MachineName && OperatingSystem.IsLinux() && !Directory.Exists($"/proc/{worker.Process}");

    private static TimeSpan? Left(List<ShardStatus> shards, double rate)
    {
        var done = shards.Where(shard => shard.State == ShardStatusKind.Done).ToList();
        var open = shards.Where(shard => shard.State is not (ShardStatusKind.Done or ShardStatusKind.Failed)).ToList();
        if (open.Count == 0)
            return TimeSpan.Zero;
        if (done.Count == 0 || rate <= 0)
            return null;
        var mean = done.Average(shard => (double)shard.Images);
        return TimeSpan.FromSeconds(open.Sum(shard => Math.Max(0, mean - shard.Images)) / rate);
    }
}
