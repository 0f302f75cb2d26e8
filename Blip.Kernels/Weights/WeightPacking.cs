using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>
/// Writes a matrix's rows into panels. Every byte of a checkpoint passes here: 16 columns are transposed at a time, so that
/// each cache line of the source is read once and the target written in order.
/// A process packs a model once: the loops are optimised at their first run.
/// </summary>
internal static unsafe class WeightPacking
{
    private const int Width = PackedWeights.PanelWidth;

    // Columns transposed at a time: a cache line per row.
    private const int Block = 16;

    // Below this a second core does not pay.
    private const long ParallelElements = 1 << 18;

    public static void Pack(float* source, int firstRow, int count, int inFeatures, float* panels) =>
        ForEachPanel(firstRow, count, inFeatures, (panel, first, rows) =>
        {
            var from = source + (((long)(panel * Width) + first - firstRow) * inFeatures);
            var to = panels + ((long)panel * inFeatures * Width) + first;
            var turned = stackalloc float[Block * Width];
            for (var k = 0; k < inFeatures; k += Block)
            {
                var columns = Math.Min(Block, inFeatures - k);
                Transposition.Run(from + k, inFeatures, rows, columns, turned, Width);
                for (var c = 0; c < columns; c++)
                    Copy(turned + (c * Width), to + ((long)(k + c) * Width), rows);
            }
        });

    /// <summary>Rounds to 16 bits, to nearest and halves to even, and packs.</summary>
    public static void Pack(float* source, int firstRow, int count, int inFeatures, ushort* panels, DType format) =>
        ForEachPanel(firstRow, count, inFeatures, (panel, first, rows) =>
        {
            var turned = stackalloc float[Block * Width];
            var from = source + (((long)(panel * Width) + first - firstRow) * inFeatures);
            var to = panels + ((long)panel * inFeatures * Width) + first;
            for (var k = 0; k < inFeatures; k += Block)
            {
                var columns = Math.Min(Block, inFeatures - k);
                Transposition.Run(from + k, inFeatures, rows, columns, turned, Width);
                for (var c = 0; c < columns; c++)
                    Round(turned + (c * Width), to + ((long)(k + c) * Width), rows, format);
            }
        });

    /// <summary>Rounds to integers on a scale per row, and packs two columns side by side. Writes scales, and sums unless null.</summary>
    public static void Pack(float* source, int firstRow, int count, int inFeatures, sbyte* panels, float* scales, int* sums) =>
        ForEachPanel(firstRow, count, inFeatures, (panel, first, rows) =>
        {
            var from = source + (((long)(panel * Width) + first - firstRow) * inFeatures);
            var to = panels + ((long)panel * Int8Weights.PanelLength(inFeatures)) + (2 * first);
            var inverses = stackalloc float[Width];
            for (var r = 0; r < rows; r++)
            {
                var row = from + ((long)r * inFeatures);
                (scales[(panel * Width) + first + r], inverses[r]) = Int8Quantisation.Scale(row, inFeatures, Int8Quantisation.WeightLimit);
                if (sums != null)
                    sums[(panel * Width) + first + r] = Int8Quantisation.SumOfRounded(row, inFeatures, inverses[r]);
            }

            // One more column of zeros: the other half of the last pair.
            var turned = stackalloc float[(Block + 1) * Width];
            for (var k = 0; k < inFeatures; k += Block)
            {
                var columns = Math.Min(Block, inFeatures - k);
                Transposition.Run(from + k, inFeatures, rows, columns, turned, Width);
                new Span<float>(turned + (columns * Width), Width).Clear();
                for (var c = 0; c < columns; c += 2)
                    RoundPair(turned + (c * Width), inverses, (short*)(to + ((long)(k + c) * Width)), rows);
            }
        });

    /// <summary>Rounds rows of 64 values to a format and widens them again.</summary>
    public static void RoundRows<TVector>(float* values, int rows, DType format)
        where TVector : unmanaged, IVector<TVector>
    {
        switch (format)
        {
            case DType.Float32: break;
            case DType.Float16: RoundRows<TVector, Float16Format>(values, rows, format); break;
            case DType.BFloat16: RoundRows<TVector, BFloat16Format>(values, rows, format); break;
            default: throw new UnreachableException($"Nothing is rounded to {format}.");
        }
    }

    public static ushort Round(float value, DType format)
    {
        var bits = Vector256.Create(BitConverter.SingleToUInt32Bits(value));
        return format switch
        {
            DType.Float16 => (ushort)ToFloat16(bits)[0],
            DType.BFloat16 => (ushort)ToBFloat16(bits)[0],
            _ => throw new UnreachableException($"Nothing is rounded to {format}."),
        };
    }

    /// <summary>
    /// Publishes writes of <see cref="Round(float*, ushort*, int, DType)"/> to other threads: non-temporal stores are unordered.
    /// </summary>
    public static void Finish()
    {
        if (Sse.IsSupported)
            Sse.StoreFence();
    }

    // Half a row at a time: a whole one would bypass the caches.
    private static void RoundRows<TVector, TFormat>(float* values, int rows, DType format)
        where TVector : unmanaged, IVector<TVector>
        where TFormat : struct, IFormat16
    {
        const int half = Width / 2;
        var rounded = stackalloc ushort[half];
        for (var end = values + (rows * Width); values < end; values += half)
        {
            Round(values, rounded, half, format);
            for (var i = 0; i < half; i += TVector.Count)
                TVector.Store(TFormat.Load<TVector>(rounded + i), values + i);
        }
    }

    private static void ForEachPanel(int firstRow, int count, int inFeatures, Action<int, int, int> pack)
    {
        var (start, end) = (firstRow / Width, (firstRow + count + Width - 1) / Width);
        if ((long)count * inFeatures < ParallelElements)
        {
            for (var panel = start; panel < end; panel++)
                One(panel);
        }
        else
        {
            Parallel.For(start, end, One);
        }

        void One(int panel)
        {
            var first = Math.Max(firstRow - (panel * Width), 0);
            pack(panel, first, Math.Min(Width, firstRow + count - (panel * Width)) - first);
            Finish();
        }
    }

    // Weights exceed the caches: whole panel rows bypass them, without reading the old contents.
    private static bool Streams<T>(T* to, int count)
        where T : unmanaged => count == Width && ((long)to & 63) == 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* from, float* to, int count)
    {
        if (!Streams(to, count))
        {
            new Span<float>(from, count).CopyTo(new Span<float>(to, count));
            return;
        }
        for (var i = 0; i < Width; i += Vector512<float>.Count)
            Vector512.Load(from + i).StoreAlignedNonTemporal(to + i);
    }

    /// <summary>Rounds neighbours. Whole panel rows bypass the caches: call <see cref="Finish"/> afterwards.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* from, ushort* to, int count, DType format)
    {
        var streams = Streams(to, count);
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var (low, high) = (Vector256.Load((uint*)from + i), Vector256.Load((uint*)from + i + 8));
            var rounded = format == DType.Float16
                ? Vector256.Narrow(ToFloat16(low), ToFloat16(high))
                : Vector256.Narrow(ToBFloat16(low), ToBFloat16(high));
            if (streams)
                rounded.StoreAlignedNonTemporal(to + i);
            else
                rounded.Store(to + i);
        }
        for (; i < count; i++)
            to[i] = Round(from[i], format);
    }

    // Two columns, Width apart, become neighbouring bytes. Rows without a finite scale (inverse 0) become zeros.
    private static void RoundPair(float* from, float* inverses, short* to, int count)
    {
        var streams = Streams(to, count);
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var pairs = Vector256.Narrow(Pair(from + i, inverses + i), Pair(from + i + 8, inverses + i + 8));
            if (streams)
                pairs.StoreAlignedNonTemporal(to + i);
            else
                pairs.Store(to + i);
        }
        for (; i < count; i++)
        {
            var (low, high) = inverses[i] == 0
                ? (0, 0)
                : (Int8Quantisation.Round(from[i] * inverses[i]), Int8Quantisation.Round(from[i + Width] * inverses[i]));
            to[i] = (short)((low & 0xFF) | (high << 8));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pair(float* from, float* inverses)
    {
        var inverse = Vector256.Load(inverses);
        var low = Int8Quantisation.Round(Vector256.Load(from) * inverse);
        var high = Int8Quantisation.Round(Vector256.Load(from + Width) * inverse);
        var pair = (low & Vector256.Create(0xFF)) | (high << 8);
        return Vector256.AndNot(pair, Vector256.Equals(inverse, Vector256<float>.Zero).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> ToBFloat16(Vector256<uint> bits)
    {
        var rounded = bits + Vector256.Create(0x7FFFu) + ((bits >>> 16) & Vector256<uint>.One);
        var isNaN = Vector256.GreaterThan(bits & Vector256.Create(0x7FFFFFFFu), Vector256.Create(0x7F800000u));
        return Vector256.ConditionalSelect(isNaN, bits | Vector256.Create(0x400000u), rounded) >>> 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> ToFloat16(Vector256<uint> bits)
    {
        var magnitude = bits & Vector256.Create(0x7FFFFFFFu);
        // Exponents move from bias 127 to 15. Rounding may carry to infinity, as it should.
        var normal = (magnitude - Vector256.Create((112u << 23) - 0xFFF) + ((magnitude >>> 13) & Vector256<uint>.One)) >>> 13;
        // 0.5 has the last place of a subnormal half: the sum rounds there.
        var subnormal = (magnitude.AsSingle() + Vector256.Create(0.5f)).AsUInt32() - Vector256.Create(0x3F000000u);
        var infinite = Vector256.ConditionalSelect(
            Vector256.GreaterThan(magnitude, Vector256.Create(0x7F800000u)), Vector256.Create(0x7E00u), Vector256.Create(0x7C00u));
        var half = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(0x38800000u)), subnormal, normal);
        half = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x47800000u)), infinite, half);
        return half | ((bits >>> 16) & Vector256.Create(0x8000u));
    }
}
