namespace Blip.Bootstrapping.Queues;

/// <summary>The shards of a Slurm array task, by Slurm's variables.</summary>
public static class SlurmTask
{
    /// <summary>
    /// This task's shards. With <paramref name="shardsPerTask"/> they depend on its index alone, so that <c>--array=3,7</c> repeats two
    /// tasks. Otherwise the array's tasks divide all shards.
    /// </summary>
    /// <param name="environment">Gives a variable's value; null if unset.</param>
    /// <param name="shardCount">The number of shards.</param>
    /// <param name="shardsPerTask">Shards of a task; null for an even division.</param>
    /// <returns>The shards, ascending; empty for surplus tasks.</returns>
    /// <exception cref="ShardQueueException">This is no array task, or the array has gaps.</exception>
    public static IReadOnlyList<int> Shards(Func<string, string?> environment, int shardCount, int? shardsPerTask = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentOutOfRangeException.ThrowIfNegative(shardCount);
        var index = EvenSplit.Number(environment, "SLURM_ARRAY_TASK_ID") ?? throw NoArray(environment("SLURM_JOB_ID"));
        return shardsPerTask is { } perTask ? EvenSplit.Block(shardCount, index, perTask) : Divided(environment, index, shardCount);
    }

    private static ShardQueueException NoArray(string? job) => new(string.IsNullOrEmpty(job)
        ? "The variable SLURM_ARRAY_TASK_ID is not set: --from slurm works inside a Slurm job array alone ('sbatch --array=0-N')."
        : $"Slurm job {job} is no array: submit it with 'sbatch --array=0-N', or name the shards by --shards.");

    private static IReadOnlyList<int> Divided(Func<string, string?> environment, int index, int shardCount)
    {
        var (count, first, last) = (Needed(environment, "COUNT"), Needed(environment, "MIN"), Needed(environment, "MAX"));
        var step = EvenSplit.Number(environment, "SLURM_ARRAY_TASK_STEP") ?? 1;
        // In an array with gaps, missing tasks would silently leave shards undone.
        if (step < 1 || index < first || index > last || (index - first) % step != 0 || count != ((last - first) / step) + 1)
        {
            throw new ShardQueueException(
                $"The array of {count} tasks from {first} to {last} has gaps, so that the shards cannot be divided: "
                + "give --shards-per-task, by which a task's shards follow from its index, or submit an array without gaps.");
        }
        return EvenSplit.Part(shardCount, (index - first) / step, count);
    }

    private static int Needed(Func<string, string?> environment, string part) => EvenSplit.Number(environment, $"SLURM_ARRAY_TASK_{part}")
        ?? throw new ShardQueueException(
            $"The variable SLURM_ARRAY_TASK_{part} is not set, so that the shards cannot be divided: give --shards-per-task.");
}
