using System.Globalization;
using System.Reflection;
using Blip.Bootstrapping.Queues;

namespace Blip.Bootstrapping.Submitting;

/// <summary>
/// A batch script for a Slurm job array on shards. Each task's block depends on its index alone. The script requeues stopped or killed
/// tasks.
/// </summary>
public sealed record SlurmScript
{
    /// <summary>Slurm's default limit of array indexes.</summary>
    public const int DefaultMaxArraySize = 1001;

    private const string Template = "Blip.Bootstrapping.Submitting.slurm-task.sh";

    /// <summary>The program and its arguments, with absolute paths. <c>--from slurm --shards-per-task K</c> is appended.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The shards, in any order; tasks without any are omitted.</summary>
    public required IReadOnlyCollection<int> Shards { get; init; }

    /// <summary>The absolute path of the tasks' output folder.</summary>
    public required string LogFolder { get; init; }

    /// <summary>The folder for the command's relative paths; null for the folder of submission.</summary>
    public string? WorkingFolder { get; init; }

    /// <summary>Shards of a task; null for the fewest that <see cref="MaxArraySize"/> allows.</summary>
    public int? ShardsPerTask { get; init; }

    /// <summary>The most concurrent tasks; null for no limit.</summary>
    public int? TasksAtOnce { get; init; }

    /// <summary>The cluster's <c>MaxArraySize</c>: the largest index is one less.</summary>
    public int MaxArraySize { get; init; } = DefaultMaxArraySize;

    /// <summary>The job's name.</summary>
    public string JobName { get; init; } = "blip-bootstrap";

    /// <summary>A task's time limit before it is requeued; null for the partition's.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>A task's notice before the end of its time.</summary>
    public TimeSpan Notice { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The partition; null for the cluster's default.</summary>
    public string? Partition { get; init; }

    /// <summary>Further sbatch options for <c>#SBATCH</c> lines: <c>--gres=gpu:1</c>.</summary>
    public IReadOnlyList<string> Directives { get; init; } = [];

    /// <summary>The most restarts of a task, which then fails: something kills it each time.</summary>
    public int MaxRestarts { get; init; } = 5;

    /// <summary>The actual number of shards of a task.</summary>
    /// <exception cref="ShardSubmissionException"><see cref="ShardsPerTask"/> is too small for the cluster.</exception>
    public int BlockSize()
    {
        var largest = Shards.Count == 0 ? 0 : Shards.Max();
        var least = (largest / MaxArraySize) + 1;
        if (ShardsPerTask is < 1)
            throw new ShardSubmissionException($"{ShardsPerTask} shards per task are too few: give 1 or more.");
        if (ShardsPerTask < least)
        {
            throw new ShardSubmissionException($"With {ShardsPerTask} shards per task the largest index is {largest / ShardsPerTask}, "
                + $"and this cluster allows {MaxArraySize - 1} (MaxArraySize): give {least} or more.");
        }
        return ShardsPerTask ?? least;
    }

    /// <summary>Writes the script's text.</summary>
    /// <exception cref="ShardSubmissionException">An option is invalid.</exception>
    public string Write()
    {
        Check();
        var command = Command.Concat(["--from", "slurm", "--shards-per-task", Number(BlockSize())]);
        return ReadTemplate()
            .Replace("{directives}", string.Join('\n', Lines().Select(line => "#SBATCH " + line)), StringComparison.Ordinal)
            .Replace("{restarts}", Number(MaxRestarts), StringComparison.Ordinal)
            // Last, since arguments must not be expanded.
            .Replace("{command}", string.Join('\n', command.Select(word => "  " + Shell.Quote(word))), StringComparison.Ordinal);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string ReadTemplate()
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(Template)!);
        return reader.ReadToEnd();
    }

    private void Check()
    {
        if (Command.Count == 0)
            throw new ShardSubmissionException("There is no program for the tasks to run.");
        if (Shards.Count == 0)
            throw new ShardSubmissionException("All shards are done: there is nothing to submit.");
        if (TasksAtOnce is < 1)
            throw new ShardSubmissionException($"{TasksAtOnce} tasks at once are too few: give 1 or more.");
        if (MaxRestarts < 0)
            throw new ShardSubmissionException($"{MaxRestarts} restarts are too few: give 0 or more.");
        // The signal comes up to a minute early, so a shorter task would be stopped at its start.
        if (Time is { } time && time <= Notice + TimeSpan.FromMinutes(1))
        {
            throw new ShardSubmissionException(
                $"A task's time of {time} is too short: it is told to stop {Notice.TotalSeconds:0} seconds before its end.");
        }
        if (Directives.FirstOrDefault(line => !line.StartsWith('-') || line.AsSpan().ContainsAny('\r', '\n', '\0')) is { } wrong)
            throw new ShardSubmissionException($"'{wrong}' is no option of sbatch: write it as --NAME=VALUE.");
        if (LogFolder.Contains('\\', StringComparison.Ordinal))
            throw new ShardSubmissionException($"Slurm cannot write its logs to '{LogFolder}': the path has a backslash.");
    }

    private IEnumerable<string> Lines()
    {
        var blockSize = BlockSize();
        var tasks = ShardRange.Format(Shards.Select(shard => shard / blockSize));
        yield return $"--job-name={Shell.QuoteDirective(JobName)}";
        yield return TasksAtOnce is { } limit ? $"--array={tasks}%{Number(limit)}" : $"--array={tasks}";
        yield return "--requeue";
        yield return $"--signal=B:USR1@{Number((long)Notice.TotalSeconds)}";
        yield return "--open-mode=append";
        // A percent sign begins a placeholder of Slurm.
        var folder = LogFolder.TrimEnd('/').Replace("%", "%%", StringComparison.Ordinal);
        yield return $"--output={Shell.QuoteDirective(folder + "/slurm-%A_%a.log")}";
        if (WorkingFolder is not null)
            yield return $"--chdir={Shell.QuoteDirective(WorkingFolder)}";
        if (Time is { } time)
            yield return $"--time={Number((long)Math.Ceiling(time.TotalMinutes))}";
        if (Partition is not null)
            yield return $"--partition={Shell.QuoteDirective(Partition)}";
        foreach (var directive in Directives)
            yield return directive;
    }
}
