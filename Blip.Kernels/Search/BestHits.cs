namespace Blip.Kernels;

/// <summary>The first k of the offered hits.</summary>
internal sealed class BestHits(int k)
{
    // The last one on top.
    private readonly PriorityQueue<SearchHit, SearchHit> heap = new(Comparer<SearchHit>.Create((a, b) => b.CompareTo(a)));

    public void Offer(SearchHit hit)
    {
        if (heap.Count < k)
            heap.Enqueue(hit, hit);
        else if (hit < heap.Peek())
            heap.DequeueEnqueue(hit, hit);
    }

    /// <summary>
    /// Scores rows [count, dimension] in double and offers them. Four rows interleave, since each sum runs in order and waits for itself.
    /// </summary>
    public void OfferRows(ReadOnlySpan<float> rows, ReadOnlySpan<byte> leftOut, ReadOnlySpan<float> query, int first)
    {
        var (dimension, count) = (query.Length, rows.Length / query.Length);
        for (var row = 0; row < count; row += 4)
        {
            var a = Row(rows, row, count, dimension);
            var b = Row(rows, row + 1, count, dimension);
            var c = Row(rows, row + 2, count, dimension);
            var d = Row(rows, row + 3, count, dimension);
            double sumA = 0, sumB = 0, sumC = 0, sumD = 0;
            for (var i = 0; i < dimension; i++)
            {
                double value = query[i];
                sumA += value * a[i];
                sumB += value * b[i];
                sumC += value * c[i];
                sumD += value * d[i];
            }
            ReadOnlySpan<double> sums = [sumA, sumB, sumC, sumD];
            for (var i = 0; i < Math.Min(4, count - row); i++)
            {
                if (leftOut.IsEmpty || leftOut[row + i] == 0)
                    Offer(new SearchHit(first + row + i, sums[i]));
            }
        }
    }

    public SearchHit[] Sorted()
    {
        SearchHit[] hits = [.. heap.UnorderedItems.Select(item => item.Element)];
        Array.Sort(hits);
        return hits;
    }

    // Rows after the last repeat it.
    private static ReadOnlySpan<float> Row(ReadOnlySpan<float> rows, int row, int count, int dimension) =>
        rows.Slice(Math.Min(row, count - 1) * dimension, dimension);
}
