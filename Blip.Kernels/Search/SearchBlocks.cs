namespace Blip.Kernels;

/// <summary>Chooses blocks of vectors for the second pass.</summary>
internal static class SearchBlocks
{
    /// <summary>
    /// The blocks, in rising order, whose best score is at least the k-th highest block's minus a slack. If fewer than k blocks hold a
    /// findable vector, all of these.
    /// </summary>
    public static List<int> Choose(ReadOnlySpan<float> best, int k, double slack)
    {
        var least = KthHighest(best, k) - slack;
        var chosen = new List<int>(k);
        for (var block = 0; block < best.Length; block++)
        {
            if (best[block] >= least && best[block] > float.NegativeInfinity)
                chosen.Add(block);
        }
        return chosen;
    }

    // A heap of the k highest, the least on top: most values need one comparison.
    private static double KthHighest(ReadOnlySpan<float> values, int k)
    {
        if (values.Length < k)
            return double.NegativeInfinity;
        var highest = new PriorityQueue<float, float>(k);
        foreach (var value in values[..k])
            highest.Enqueue(value, value);
        var least = highest.Peek();
        foreach (var value in values[k..])
        {
            if (!(value > least))
                continue;
            highest.DequeueEnqueue(value, value);
            least = highest.Peek();
        }
        return least;
    }
}
