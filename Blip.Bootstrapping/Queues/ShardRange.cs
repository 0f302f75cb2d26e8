using System.Globalization;

namespace Blip.Bootstrapping.Queues;

/// <summary>Shard numbers in text: <c>10-19,25</c>.</summary>
public static class ShardRange
{
    /// <summary>Parses numbers and inclusive ranges.</summary>
    /// <param name="text">Numbers and ranges with commas: <c>10-19,25</c>.</param>
    /// <param name="shardCount">The number of shards, from 0.</param>
    /// <returns>The distinct numbers, ascending.</returns>
    /// <exception cref="ShardQueueException">The text is no such list, or names a missing shard.</exception>
    public static IReadOnlyList<int> Parse(string text, int shardCount)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegative(shardCount);
        var shards = new SortedSet<int>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var (first, last) = Ends(part, text);
            if (last >= shardCount)
                throw new ShardQueueException($"There is no shard {last}, which '{part}' names: {Existing(shardCount)}.");
            for (var shard = first; shard <= last; shard++)
                shards.Add(shard);
        }
        return [.. shards];
    }

    /// <summary>Formats numbers for <see cref="Parse"/>.</summary>
    /// <param name="shards">The numbers, in any order.</param>
    public static string Format(IEnumerable<int> shards)
    {
        var runs = new List<(int First, int Last)>();
        foreach (var shard in shards.Distinct().Order())
        {
            if (runs.Count > 0 && runs[^1].Last == shard - 1)
                runs[^1] = (runs[^1].First, shard);
            else
                runs.Add((shard, shard));
        }
        return string.Join(',', runs.Select(run => run.First == run.Last
            ? run.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{run.First}-{run.Last}")));
    }

    private static (int First, int Last) Ends(string part, string text)
    {
        var ends = part.Split('-', StringSplitOptions.TrimEntries);
        if (ends.Length > 2 || !ends.All(end => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            throw new ShardQueueException(
                $"'{part}' in '{text}' is neither a shard number nor a range: give numbers and ranges such as 10-19,25.");
        }
        var (first, last) = (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture));
        if (first > last)
            throw new ShardQueueException($"The range '{part}' goes backwards: write it as {last}-{first}.");
        return (first, last);
    }

    private static string Existing(int shardCount) => shardCount switch
    {
        0 => "the sources have no shards",
        1 => "there is shard 0 alone",
        _ => $"the shards are 0 to {shardCount - 1}",
    };
}
