using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>
/// The innermost loops of <see cref="GemmSimdInt8{TVector, TPairs}"/>: a few rows of X times one panel, in whole numbers. The loops are
/// written out since the JIT keeps only named locals in registers.
/// </summary>
internal static unsafe class GemmTilesInt8<TPairs>
    where TPairs : unmanaged, IPairs<TPairs>
{
    /// <summary>Rows of the largest tile.</summary>
    public const int MaxRows = 6;

    private const int Width = PackedWeights.PanelWidth;

    // Elements of a panel for a pair of k.
    private const int Step = 2 * Width;

    // Bytes between what is read and what is asked for.
    private const int Ahead = 2048;

    /// <summary>sums[i, j] += Σₖ x[i, k] · w[k, j].</summary>
    /// <param name="x">First row; rows lie <paramref name="stride"/> apart.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="rows">1 to <see cref="MaxRows"/>.</param>
    /// <param name="w">[depth / 2, 64, 2]: 8 bits, or 16.</param>
    /// <param name="depth">Number of products per sum, even.</param>
    /// <param name="sums">[rows, 64].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TStored>(short* x, long stride, int rows, TStored* w, int depth, float* sums)
        where TStored : unmanaged
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

    /// <summary>6 rows: 12 sums in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile6<TStored>(short* x, long stride, int rows, TStored* w, int depth, float* sums)
        where TStored : unmanaged
    {
        // A tile at the end repeats its last row; the sums of the copies are dropped.
        var last = rows - 1;
        short* x1 = x + (Math.Min(1, last) * stride), x2 = x + (Math.Min(2, last) * stride), x3 = x + (Math.Min(3, last) * stride), x4 = x + (Math.Min(4, last) * stride), x5 = x + (Math.Min(5, last) * stride);
        TPairs s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default;
        TPairs s30 = default, s31 = default, s40 = default, s41 = default, s50 = default, s51 = default;
        for (var k = 0; k < depth; k += 2, w += Step)
        {
            Prefetch(w);
            TPairs w0 = Load(w), w1 = Load(w + (2 * TPairs.Count));
            var v = TPairs.Repeat(x + k);
            s00 = TPairs.MultiplyAdd(v, w0, s00); s01 = TPairs.MultiplyAdd(v, w1, s01);
            v = TPairs.Repeat(x1 + k);
            s10 = TPairs.MultiplyAdd(v, w0, s10); s11 = TPairs.MultiplyAdd(v, w1, s11);
            v = TPairs.Repeat(x2 + k);
            s20 = TPairs.MultiplyAdd(v, w0, s20); s21 = TPairs.MultiplyAdd(v, w1, s21);
            v = TPairs.Repeat(x3 + k);
            s30 = TPairs.MultiplyAdd(v, w0, s30); s31 = TPairs.MultiplyAdd(v, w1, s31);
            v = TPairs.Repeat(x4 + k);
            s40 = TPairs.MultiplyAdd(v, w0, s40); s41 = TPairs.MultiplyAdd(v, w1, s41);
            v = TPairs.Repeat(x5 + k);
            s50 = TPairs.MultiplyAdd(v, w0, s50); s51 = TPairs.MultiplyAdd(v, w1, s51);
        }
        Accumulate(sums, s00, s01);
        Accumulate(sums + Width, s10, s11);
        Accumulate(sums + (2 * Width), s20, s21);
        Accumulate(sums + (3 * Width), s30, s31);
        if (rows > 4)
            Accumulate(sums + (4 * Width), s40, s41);
        if (rows > 5)
            Accumulate(sums + (5 * Width), s50, s51);
    }

    /// <summary>3 rows: 12 sums in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile3<TStored>(short* x, long stride, int rows, TStored* w, int depth, float* sums)
        where TStored : unmanaged
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
            var wk = Load(w);
            s00 = TPairs.MultiplyAdd(v0, wk, s00); s10 = TPairs.MultiplyAdd(v1, wk, s10); s20 = TPairs.MultiplyAdd(v2, wk, s20);
            wk = Load(w + (2 * TPairs.Count));
            s01 = TPairs.MultiplyAdd(v0, wk, s01); s11 = TPairs.MultiplyAdd(v1, wk, s11); s21 = TPairs.MultiplyAdd(v2, wk, s21);
            wk = Load(w + (4 * TPairs.Count));
            s02 = TPairs.MultiplyAdd(v0, wk, s02); s12 = TPairs.MultiplyAdd(v1, wk, s12); s22 = TPairs.MultiplyAdd(v2, wk, s22);
            wk = Load(w + (6 * TPairs.Count));
            s03 = TPairs.MultiplyAdd(v0, wk, s03); s13 = TPairs.MultiplyAdd(v1, wk, s13); s23 = TPairs.MultiplyAdd(v2, wk, s23);
        }
        Accumulate(sums, s00, s01);
        Accumulate(sums + (2 * TPairs.Count), s02, s03);
        Accumulate(sums + Width, s10, s11);
        Accumulate(sums + Width + (2 * TPairs.Count), s12, s13);
        if (rows < 3)
            return;
        Accumulate(sums + (2 * Width), s20, s21);
        Accumulate(sums + (2 * Width) + (2 * TPairs.Count), s22, s23);
    }

    /// <summary>1 row: 4 sums in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile1<TStored>(short* x, TStored* w, int depth, float* sums)
        where TStored : unmanaged
    {
        TPairs s0 = default, s1 = default, s2 = default, s3 = default;
        for (var k = 0; k < depth; k += 2, w += Step)
        {
            Prefetch(w);
            var v = TPairs.Repeat(x + k);
            s0 = TPairs.MultiplyAdd(v, Load(w), s0);
            s1 = TPairs.MultiplyAdd(v, Load(w + (2 * TPairs.Count)), s1);
            s2 = TPairs.MultiplyAdd(v, Load(w + (4 * TPairs.Count)), s2);
            s3 = TPairs.MultiplyAdd(v, Load(w + (6 * TPairs.Count)), s3);
        }
        Accumulate(sums, s0, s1);
        Accumulate(sums + (2 * TPairs.Count), s2, s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TPairs Load<TStored>(TStored* w)
        where TStored : unmanaged => sizeof(TStored) == sizeof(sbyte) ? TPairs.Widen((sbyte*)w) : TPairs.Load((short*)w);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(float* sums, TPairs a, TPairs b)
    {
        TPairs.AddTo(a, sums);
        TPairs.AddTo(b, sums + TPairs.Count);
    }

    // What was widened lies near; what is stored comes from far away.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TStored>(TStored* w)
        where TStored : unmanaged
    {
        if (!Sse.IsSupported || sizeof(TStored) != sizeof(sbyte))
            return;
        Sse.Prefetch0((byte*)w + Ahead);
        if (4 * TPairs.Count >= Width)
            Sse.Prefetch0((byte*)w + Ahead + 64);
    }
}
