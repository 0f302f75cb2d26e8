using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>Loops over one row on the CPU.</summary>
internal static unsafe class RowMath
{
    /// <summary>y = x; the rows do not overlap.</summary>
    public static void Copy(float* x, float* y, int length) => new ReadOnlySpan<float>(x, length).CopyTo(new Span<float>(y, length));

    /// <summary>y = a + b.</summary>
    public static void Add(float* a, float* b, float* y, int length)
    {
        var c = 0;
        for (; c + Vector256<float>.Count <= length; c += Vector256<float>.Count)
            (Vector256.Load(a + c) + Vector256.Load(b + c)).Store(y + c);
        for (; c < length; c++)
            y[c] = a[c] + b[c];
    }

    /// <summary>y += x · factor.</summary>
    public static void AddScaled(float* x, float factor, float* y, int length)
    {
        var c = 0;
        for (; c + Vector256<float>.Count <= length; c += Vector256<float>.Count)
            Vector256.MultiplyAddEstimate(Vector256.Load(x + c), Vector256.Create(factor), Vector256.Load(y + c)).Store(y + c);
        for (; c < length; c++)
            y[c] += x[c] * factor;
    }
}
