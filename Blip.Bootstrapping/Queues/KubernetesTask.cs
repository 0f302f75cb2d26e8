namespace Blip.Bootstrapping.Queues;

/// <summary>The shards of a pod of an Indexed Job, by its variables.</summary>
public static class KubernetesTask
{
    /// <summary>The pod's index, from 0. Kubernetes sets it in each pod of an Indexed Job.</summary>
    public const string IndexVariable = "JOB_COMPLETION_INDEX";

    /// <summary>The number of indexes. The manifest sets it, since Kubernetes does not.</summary>
    public const string CompletionsVariable = "JOB_COMPLETIONS";

    /// <summary>This pod's shards: with <paramref name="shardsPerTask"/> its index's block, otherwise an even part.</summary>
    /// <param name="environment">Gives a variable's value; null if unset.</param>
    /// <param name="shardCount">The number of shards.</param>
    /// <param name="shardsPerTask">Shards of an index; null for an even division.</param>
    /// <returns>The shards, ascending; empty for surplus indexes.</returns>
    /// <exception cref="ShardQueueException">This is no pod of an Indexed Job, or the number of indexes is unknown.</exception>
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
