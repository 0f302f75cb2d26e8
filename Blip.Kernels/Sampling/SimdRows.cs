using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>Sums and searches over one row of a vocabulary on a processor, in an order that depends on the row's length alone.</summary>
internal static class SimdRows
{
    /// <summary>Σ exp(x - largest).</summary>
    public static double SumExp(ReadOnlySpan<float> row, float largest)
    {
        var shift = Vector512.Create(largest);
        var (low, high) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var c = 0;
        for (; c + Vector512<float>.Count <= row.Length; c += Vector512<float>.Count)
        {
            var (lower, upper) = Vector512.Widen(Vector512.Exp(Vector512.Create(row[c..]) - shift));
            low += lower;
            high += upper;
        }
        var sum = Vector512.Sum(low + high);
        for (; c < row.Length; c++)
            sum += MathF.Exp(row[c] - largest);
        return sum;
    }

    /// <summary>x - a - b, in place.</summary>
    public static void Subtract(Span<float> row, float a, float b)
    {
        var (first, second) = (Vector512.Create(a), Vector512.Create(b));
        var c = 0;
        for (; c + Vector512<float>.Count <= row.Length; c += Vector512<float>.Count)
            (Vector512.Create((ReadOnlySpan<float>)row[c..]) - first - second).CopyTo(row[c..]);
        for (; c < row.Length; c++)
            row[c] = row[c] - a - b;
    }
}
