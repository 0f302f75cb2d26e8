using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>
/// The innermost loops of <see cref="GemmSimdInt8{TVector, TPairs}"/>: a few rows of X times one panel, in whole numbers. The loops are
/// written out since the JIT keeps only named locals in registers. Products come in groups with their sums behind them: where each product
/// is followed by its sum, Zen 4 deals half of the sums to the two pipes that multiply, and the loop takes a fifth longer.
/// </summary>
internal static unsafe class GemmTilesInt8<TPairs>
    where TPairs : unmanaged, IPairs<TPairs>
{
    /// <summary>Rows of the largest tile.</summary>
    public const int MaxRows = 6;

    private const int Width = PackedWeights.PanelWidth;

    // Bytes of a panel for a pair of k: two cache lines.
    private const int Step = 2 * Width;

    // Bytes between what is read and what is asked for.
    private const int Ahead = 2048;

    /// <summary>sums[i, j] += Σₖ x[i, k] · w[k, j].</summary>
    /// <param name="x">First row; rows lie <paramref name="stride"/> apart.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="rows">1 to <see cref="MaxRows"/>.</param>
    /// <param name="w">[depth / 2, 64, 2].</param>
    /// <param name="depth">Number of products per sum, even.</param>
    /// <param name="sums">[rows, 64].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(short* x, long stride, int rows, sbyte* w, int depth, float* sums)
    {
        if (rows > 3)
        {
            for (var column = 0; column < Width; column += 2 * TPairs.Count)
                Tile6(x, stride, rows, w + (2 * column), depth, sums + column);
        }
        else
        {
            for (var column = 0; column < Width; column += 4 * TPairs.Count)
            {
                if (rows > 1)
                    Tile3(x, stride, rows, w + (2 * column), depth, sums + column);
                else
                    Tile1(x, w + (2 * column), depth, sums + column);
            }
        }
    }

    /// <summary>6 rows, 2 vectors: 12 sums in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile6(short* x, long stride, int rows, sbyte* w, int depth, float* sums)
    {
        // A tile at the end repeats its last row; the sums of the copies are dropped.
        var last = rows - 1;
        short* x1 = x + (Math.Min(1, last) * stride), x2 = x + (Math.Min(2, last) * stride), x3 = x + (Math.Min(3, last) * stride), x4 = x + (Math.Min(4, last) * stride), x5 = x + (Math.Min(5, last) * stride);
        TPairs s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default;
        TPairs s30 = default, s31 = default, s40 = default, s41 = default, s50 = default, s51 = default;
        for (var k = 0; k < depth; k += 2, w += Step)
        {
            TPairs w0 = TPairs.Widen(w), w1 = TPairs.Widen(w + (2 * TPairs.Count));
            TPairs v0 = TPairs.Repeat(x + k), v1 = TPairs.Repeat(x1 + k);
            TPairs p0 = v0 * w0, p1 = v0 * w1, p2 = v1 * w0, p3 = v1 * w1;
            s00 += p0; s01 += p1; s10 += p2; s11 += p3;
            v0 = TPairs.Repeat(x2 + k); v1 = TPairs.Repeat(x3 + k);
            p0 = v0 * w0; p1 = v0 * w1; p2 = v1 * w0; p3 = v1 * w1;
            s20 += p0; s21 += p1; s30 += p2; s31 += p3;
            v0 = TPairs.Repeat(x4 + k); v1 = TPairs.Repeat(x5 + k);
            p0 = v0 * w0; p1 = v0 * w1; p2 = v1 * w0; p3 = v1 * w1;
            s40 += p0; s41 += p1; s50 += p2; s51 += p3;
        }
        Add(sums, s00, s01);
        Add(sums + Width, s10, s11);
        Add(sums + (2 * Width), s20, s21);
        Add(sums + (3 * Width), s30, s31);
        if (rows > 4)
            Add(sums + (4 * Width), s40, s41);
        if (rows > 5)
            Add(sums + (5 * Width), s50, s51);
    }

    /// <summary>3 rows, 4 vectors: 12 sums in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile3(short* x, long stride, int rows, sbyte* w, int depth, float* sums)
    {
        var last = rows - 1;
        short* x1 = x + (Math.Min(1, last) * stride), x2 = x + (Math.Min(2, last) * stride);
        TPairs s00 = default, s01 = default, s02 = default, s03 = default;
        TPairs s10 = default, s11 = default, s12 = default, s13 = default;
        TPairs s20 = default, s21 = default, s22 = default, s23 = default;
        for (var k = 0; k < depth; k += 2, w += Step)
        {
            Prefetch(w);
            TPairs v0 = TPairs.Repeat(x + k), v1 = TPairs.Repeat(x1 + k), v2 = TPairs.Repeat(x2 + k);
            var wk = TPairs.Widen(w);
            TPairs p0 = v0 * wk, p1 = v1 * wk, p2 = v2 * wk;
            s00 += p0; s10 += p1; s20 += p2;
            wk = TPairs.Widen(w + (2 * TPairs.Count));
            p0 = v0 * wk; p1 = v1 * wk; p2 = v2 * wk;
            s01 += p0; s11 += p1; s21 += p2;
            wk = TPairs.Widen(w + (4 * TPairs.Count));
            p0 = v0 * wk; p1 = v1 * wk; p2 = v2 * wk;
            s02 += p0; s12 += p1; s22 += p2;
            wk = TPairs.Widen(w + (6 * TPairs.Count));
            p0 = v0 * wk; p1 = v1 * wk; p2 = v2 * wk;
            s03 += p0; s13 += p1; s23 += p2;
        }
        Add(sums, s00, s01, s02, s03);
        Add(sums + Width, s10, s11, s12, s13);
        if (rows > 2)
            Add(sums + (2 * Width), s20, s21, s22, s23);
    }

    /// <summary>1 row, 4 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile1(short* x, sbyte* w, int depth, float* sums)
    {
        TPairs s0 = default, s1 = default, s2 = default, s3 = default;
        for (var k = 0; k < depth; k += 2, w += Step)
        {
            Prefetch(w);
            var v = TPairs.Repeat(x + k);
            TPairs p0 = v * TPairs.Widen(w), p1 = v * TPairs.Widen(w + (2 * TPairs.Count));
            TPairs p2 = v * TPairs.Widen(w + (4 * TPairs.Count)), p3 = v * TPairs.Widen(w + (6 * TPairs.Count));
            s0 += p0; s1 += p1; s2 += p2; s3 += p3;
        }
        Add(sums, s0, s1, s2, s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* sums, TPairs a, TPairs b)
    {
        TPairs.AddTo(a, sums);
        TPairs.AddTo(b, sums + TPairs.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* sums, TPairs a, TPairs b, TPairs c, TPairs d)
    {
        Add(sums, a, b);
        Add(sums + (2 * TPairs.Count), c, d);
    }

    // Few rows wait for memory. Both lines, also where the vectors take one: the other is next.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(sbyte* w)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(w + Ahead);
        Sse.Prefetch0(w + Ahead + 64);
    }
}
