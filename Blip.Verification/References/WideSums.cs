using System.Runtime.Intrinsics;

namespace Blip.Verification.References;

/// <summary>The references' hot loops, eight floats at a time.</summary>
internal static class WideSums
{
    private const int Width = 8;

    /// <summary>Σ a · b.</summary>
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Products(a, b).Sum;

    /// <summary>Σ a · b and Σ |a · b|.</summary>
    public static (double Sum, double Size) Products(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector256<double> sums = default, sizes = default;
        var i = 0;
        for (; i <= a.Length - Width; i += Width)
        {
            var (lowA, highA) = Vector256.Widen(Vector256.Create(a[i..]));
            var (lowB, highB) = Vector256.Widen(Vector256.Create(b[i..]));
            var (low, high) = (lowA * lowB, highA * highB);
            sums += low + high;
            sizes += Vector256.Abs(low) + Vector256.Abs(high);
        }
        var (sum, size) = (Vector256.Sum(sums), Vector256.Sum(sizes));
        for (; i < a.Length; i++)
        {
            var product = (double)a[i] * b[i];
            sum += product;
            size += Math.Abs(product);
        }
        return (sum, size);
    }

    /// <summary>to += factor · values.</summary>
    public static void Add(Span<double> to, double factor, ReadOnlySpan<float> values)
    {
        var factors = Vector256.Create(factor);
        var i = 0;
        for (; i <= values.Length - Width; i += Width)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(values[i..]));
            (Vector256.Create<double>(to[i..]) + (factors * low)).CopyTo(to[i..]);
            (Vector256.Create<double>(to[(i + (Width / 2))..]) + (factors * high)).CopyTo(to[(i + (Width / 2))..]);
        }
        for (; i < values.Length; i++)
            to[i] += factor * values[i];
    }
}
