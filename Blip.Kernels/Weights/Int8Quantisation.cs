using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>
/// Symmetric quantisation of a row: x ≈ q · scale, scale = max |x| / limit, q rounded to nearest, halves to even.
/// No element is off by more than half a scale. Rows are independent.
/// </summary>
internal static unsafe class Int8Quantisation
{
    public const int WeightLimit = 127;

    public const int InputLimit = 32767;

    /// <summary>Steps between the smallest and largest 8-bit input: one less than fits, since both ends may round outwards.</summary>
    public const int InputSteps = 254;

    /// <summary>Least maximum of a row, so that divisions by it stay finite.</summary>
    public const float Smallest = 1e-30f;

    private const uint Magnitude = 0x7FFFFFFF, Infinity = 0x7F800000;

    // 1.5 · 2²³: its last place is 1, so that adding it rounds to a whole number in the low bits.
    private const float Rounding = 12582912f;

    /// <summary>Scale and inverse of a row; NaN and 0 if an element is infinite or NaN.</summary>
    public static (float Scale, float Inverse) Scale(float* row, int length, int limit)
    {
        // Bits of magnitudes are ordered like their values, with NaN above infinity.
        var largest = Vector256<uint>.Zero;
        var i = 0;
        for (; i + Vector256<uint>.Count <= length; i += Vector256<uint>.Count)
            largest = Vector256.Max(largest, Vector256.Load((uint*)row + i) & Vector256.Create(Magnitude));
        var bits = 0u;
        for (var lane = 0; lane < Vector256<uint>.Count; lane++)
            bits = Math.Max(bits, largest[lane]);
        for (; i < length; i++)
            bits = Math.Max(bits, ((uint*)row)[i] & Magnitude);
        if (bits >= Infinity)
            return (float.NaN, 0);
        var max = Math.Max(BitConverter.UInt32BitsToSingle(bits), Smallest);
        return (max / limit, limit / max);
    }

    /// <summary>
    /// Scale, inverse and zero point of a row of 8-bit inputs. With r = x · inverse rounded to nearest, x ≈ r · scale to half a scale,
    /// and r + zero is in 0 to 255. NaN, 0 and 0 if an element is infinite or NaN.
    /// </summary>
    public static (float Scale, float Inverse, int Zero) Range(float* row, int length)
    {
        var (low, high, largest) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<uint>.Zero);
        var i = 0;
        for (; i + Vector256<float>.Count <= length; i += Vector256<float>.Count)
        {
            var values = Vector256.Load(row + i);
            low = Vector256.MinNative(low, values);
            high = Vector256.MaxNative(high, values);
            largest = Vector256.Max(largest, values.AsUInt32() & Vector256.Create(Magnitude));
        }
        var (min, max, bits) = (0f, 0f, 0u);
        for (var lane = 0; lane < Vector256<float>.Count; lane++)
            (min, max, bits) = (MathF.Min(min, low[lane]), MathF.Max(max, high[lane]), Math.Max(bits, largest[lane]));
        for (; i < length; i++)
            (min, max, bits) = (MathF.Min(min, row[i]), MathF.Max(max, row[i]), Math.Max(bits, ((uint*)row)[i] & Magnitude));
        if (bits >= Infinity)
            return (float.NaN, 0, 0);
        // Each end separately: their distance may be infinite.
        var scale = MathF.Max((max / InputSteps) - (min / InputSteps), Smallest);
        var inverse = 1 / scale;
        return (scale, inverse, -Round(min * inverse));
    }

    /// <summary>The sum of a row's rounded products with <paramref name="inverse"/>; elements are finite unless it is 0.</summary>
    public static int SumOfRounded(float* row, int length, float inverse)
    {
        if (inverse == 0)
            return 0;
        var sums = Vector256<int>.Zero;
        var i = 0;
        for (; i + Vector256<float>.Count <= length; i += Vector256<float>.Count)
            sums += Round(Vector256.Load(row + i) * Vector256.Create(inverse));
        var sum = Vector256.Sum(sums);
        for (; i < length; i++)
            sum += Round(row[i] * inverse);
        return sum;
    }

    /// <summary>
    /// Rounds a row times <paramref name="inverse"/> to 16 bits, with a zero behind an odd length. Elements are finite
    /// unless the factor is 0.
    /// </summary>
    public static void Round(float* row, int length, float inverse, short* to)
    {
        if (inverse == 0)
        {
            new Span<short>(to, length + (length & 1)).Clear();
            return;
        }
        var factor = Vector256.Create(inverse);
        var i = 0;
        for (; i + Vector256<short>.Count <= length; i += Vector256<short>.Count)
            Vector256.Narrow(Round(Vector256.Load(row + i) * factor), Round(Vector256.Load(row + i + Vector256<int>.Count) * factor))
                .Store(to + i);
        for (; i < length; i++)
            to[i] = (short)Round(row[i] * inverse);
        if ((length & 1) != 0)
            to[length] = 0;
    }

    /// <summary>
    /// Rounds a row times <paramref name="inverse"/> to bytes around the zero point of <see cref="Range"/>. Elements are finite unless the
    /// factor is 0.
    /// </summary>
    public static void Round(float* row, int length, float inverse, int zero, byte* to)
    {
        if (inverse == 0)
        {
            new Span<byte>(to, length).Clear();
            return;
        }
        var i = 0;
        for (; i + Vector256<byte>.Count <= length; i += Vector256<byte>.Count)
        {
            var low = Vector256.Narrow(Place(row + i), Place(row + i + 8));
            var high = Vector256.Narrow(Place(row + i + 16), Place(row + i + 24));
            Vector256.Narrow(low, high).AsByte().Store(to + i);
        }
        for (; i < length; i++)
            to[i] = (byte)(Round(row[i] * inverse) + zero);

        Vector256<int> Place(float* from) => Round(Vector256.Load(from) * Vector256.Create(inverse)) + Vector256.Create(zero);
    }

    /// <summary>Nearest integer; below 2²² in magnitude.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Round(Vector256<float> values) =>
        (values + Vector256.Create(Rounding)).AsInt32() - Vector256.Create(BitConverter.SingleToInt32Bits(Rounding));

    /// <inheritdoc cref="Round(Vector256{float})"/>
    public static int Round(float value) => BitConverter.SingleToInt32Bits(value + Rounding) - BitConverter.SingleToInt32Bits(Rounding);
}
