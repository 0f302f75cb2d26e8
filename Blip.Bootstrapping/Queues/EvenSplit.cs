using System.Globalization;

namespace Blip.Bootstrapping.Queues;

/// <summary>The shards of one task among several, and its variables.</summary>
internal static class EvenSplit
{
    /// <summary>Task <paramref name="index"/> of <paramref name="count"/>: a contiguous part. Sizes differ by at most one.</summary>
    public static IReadOnlyList<int> Part(int shardCount, long index, long count)
    {
        var (first, end) = ((int)(shardCount * index / count), (int)(shardCount * (index + 1) / count));
        return [.. Enumerable.Range(first, end - first)];
    }

    /// <summary>Shards <c>[index * perTask, (index + 1) * perTask)</c>, limited to existing ones.</summary>
    public static IReadOnlyList<int> Block(int shardCount, long index, int perTask)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perTask, 1);
        var (first, end) = (Math.Min(index * perTask, shardCount), Math.Min((index + 1) * perTask, shardCount));
        return [.. Enumerable.Range((int)first, (int)(end - first))];
    }

    /// <summary>A variable's number, at least 0; null if unset.</summary>
    public static int? Number(Func<string, string?> environment, string name)
    {
        var text = environment(name);
        if (string.IsNullOrEmpty(text))
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ShardQueueException($"The variable {name} is '{text}', which is no number of a task.");
    }
}
