namespace Blip.Bootstrapping.Queues;

/// <summary>Which shards a pod of an Indexed Job has, by its variables.</summary>
public static class KubernetesTask
{
    /// <summary>Set by Kubernetes in each pod of an Indexed Job: its index, from 0.</summary>
    public const string IndexVariable = "JOB_COMPLETION_INDEX";

    /// <summary>Set by the manifest: the number of indexes. Kubernetes itself tells it to no pod.</summary>
    public const string CompletionsVariable = "JOB_COMPLETIONS";

    /// <summary>The shards of this pod: those of its index with <paramref name="shardsPerTask"/>, an even part of all without.</summary>
    /// <param name="environment">The value of a variable; null where it is not set.</param>
    /// <param name="shardCount">How many shards there are.</param>
    /// <param name="shardsPerTask">How many an index has; null to divide them evenly.</param>
    /// <returns>The shards, ascending; none where the job has more indexes than are needed.</returns>
    /// <exception cref="ShardQueueException">This is no pod of an Indexed Job, or the number of indexes is not told.</exception>
    public static IReadOnlyList<int> Shards(Func<string, string?> environment, int shardCount, int? shardsPerTask = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentOutOfRangeException.ThrowIfNegative(shardCount);
        var index = EvenSplit.Number(environment, IndexVariable) ?? throw new ShardQueueException(
            $"The variable {IndexVariable} is not set: --from k8s works in a pod of an Indexed Job alone (completionMode: Indexed).");
        if (shardsPerTask is { } perTask)
            return EvenSplit.Block(shardCount, index, perTask);
        var count = EvenSplit.Number(environment, CompletionsVariable) ?? throw new ShardQueueException(
            $"The variable {CompletionsVariable} is not set: give --shards-per-task, or set it to the job's completions in its manifest.");
        if (index >= count)
        {
            throw new ShardQueueException(
                $"{IndexVariable} is {index}, and {CompletionsVariable} {count}: set the latter to the job's completions.");
        }
        return EvenSplit.Part(shardCount, index, count);
    }
}
