using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

internal static unsafe class Transposition
{
    // Prefetch distance in floats.
    private const int Ahead = 32;

    // Shuffles: both operands' first two floats, or last two.
    private const byte First = 0b01_00_01_00, Last = 0b11_10_11_10;

    /// <summary>to[c, r] = from[r, c]. 64 rows and columns fit the first-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* from, long fromStride, int rows, int columns, float* to, long toStride)
    {
        var r = 0;
        var whole = columns & ~3;
        if (Avx.IsSupported)
        {
            for (; r + 8 <= rows; r += 8)
            {
                Prefetch(from + (r * fromStride) + Ahead, fromStride, 8);
                for (var c = 0; c < whole; c += 4)
                    Run8x4(from + (r * fromStride) + c, fromStride, to + (c * toStride) + r, toStride);
                Rest(from, fromStride, r, r + 8, whole, columns, to, toStride);
            }
        }
        if (Sse.IsSupported)
        {
            for (; r + 4 <= rows; r += 4)
            {
                Prefetch(from + (r * fromStride) + Ahead, fromStride, 4);
                for (var c = 0; c < whole; c += 4)
                    Run4x4(from + (r * fromStride) + c, fromStride, to + (c * toStride) + r, toStride);
                Rest(from, fromStride, r, r + 4, whole, columns, to, toStride);
            }
        }
        Rest(from, fromStride, r, rows, 0, columns, to, toStride);
    }

    // 64 rows are too many streams for the hardware prefetcher.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* from, long stride, int rows)
    {
        for (var i = 0; i < rows; i++)
            Sse.Prefetch0(from + (i * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rest(float* from, long fromStride, int row, int rows, int column, int columns, float* to, long toStride)
    {
        for (; row < rows; row++)
        {
            for (var c = column; c < columns; c++)
                to[(c * toStride) + row] = from[(row * fromStride) + c];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run8x4(float* from, long fromStride, float* to, long toStride)
    {
        var (a, b) = (Load(from, fromStride), Load(from + fromStride, fromStride));
        var (c, d) = (Load(from + (2 * fromStride), fromStride), Load(from + (3 * fromStride), fromStride));
        var (ab, cd) = (Avx.UnpackLow(a, b), Avx.UnpackLow(c, d));
        Avx.Shuffle(ab, cd, First).Store(to);
        Avx.Shuffle(ab, cd, Last).Store(to + toStride);
        (ab, cd) = (Avx.UnpackHigh(a, b), Avx.UnpackHigh(c, d));
        Avx.Shuffle(ab, cd, First).Store(to + (2 * toStride));
        Avx.Shuffle(ab, cd, Last).Store(to + (3 * toStride));
    }

    // Four of a row, and four of the fourth row after it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(float* from, long stride) =>
        Vector256.Create(Vector128.Load(from), Vector128.Load(from + (4 * stride)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run4x4(float* from, long fromStride, float* to, long toStride)
    {
        var (a, b) = (Vector128.Load(from), Vector128.Load(from + fromStride));
        var (c, d) = (Vector128.Load(from + (2 * fromStride)), Vector128.Load(from + (3 * fromStride)));
        var (ab, cd) = (Sse.UnpackLow(a, b), Sse.UnpackLow(c, d));
        Sse.MoveLowToHigh(ab, cd).Store(to);
        Sse.MoveHighToLow(cd, ab).Store(to + toStride);
        (ab, cd) = (Sse.UnpackHigh(a, b), Sse.UnpackHigh(c, d));
        Sse.MoveLowToHigh(ab, cd).Store(to + (2 * toStride));
        Sse.MoveHighToLow(cd, ab).Store(to + (3 * toStride));
    }
}
