namespace Blip.Runtime.Models;

/// <summary>Comparisons of vectors on the host, summed in double.</summary>
internal static class Similarity
{
    /// <summary>The dot product: the cosine of unit vectors.</summary>
    /// <exception cref="ArgumentException">Their lengths differ.</exception>
    public static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"Vectors of {a.Length} and {b.Length} elements cannot be compared.", nameof(b));
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    /// <summary>The mean of vectors, scaled to unit length.</summary>
    public static float[] UnitMean(IReadOnlyList<float[]> vectors)
    {
        var sums = new double[vectors[0].Length];
        foreach (var vector in vectors)
        {
            for (var i = 0; i < sums.Length; i++)
                sums[i] += vector[i];
        }
        var length = Math.Sqrt(sums.Sum(sum => sum * sum));
        return [.. sums.Select(sum => (float)(sum / length))];
    }

    /// <summary><c>scale · rows · columnsᵀ</c>, <c>[rows, columns]</c>.</summary>
    /// <exception cref="ArgumentException">Their lengths differ.</exception>
    public static float[][] Products(IReadOnlyList<float[]> rows, IReadOnlyList<float[]> columns, double scale = 1) =>
        [.. rows.Select(row => columns.Select(column => (float)(scale * Cosine(row, column))).ToArray())];

    /// <summary>
    /// The mean cross-entropy of both directions, where row i of <c>[pairs, pairs]</c> belongs to column i (Radford et al. 2021, figure
    /// 3).
    /// </summary>
    public static double ContrastiveLoss(IReadOnlyList<float[]> logits)
    {
        var pairs = Enumerable.Range(0, logits.Count).ToList();
        return (CrossEntropy((row, column) => logits[row][column]) + CrossEntropy((row, column) => logits[column][row])) / 2;

        double CrossEntropy(Func<int, int, double> logit) => pairs.Average(row =>
        {
            var most = pairs.Max(column => logit(row, column));
            return most + Math.Log(pairs.Sum(column => Math.Exp(logit(row, column) - most))) - logit(row, row);
        });
    }
}
