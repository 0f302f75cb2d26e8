using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>The shape of <see cref="GemmTiles{TVector, TStored, TFormat}"/>.</summary>
internal static class GemmTiles
{
    /// <summary>Rows of the largest tile.</summary>
    public const int Rows = 6;
}

/// <summary>
/// The innermost loops of <see cref="GemmSimd{TStored, TFormat}"/>: a few rows of X times one panel. Every lane adds the products of
/// a block from its first k to its last with one rounding each, in whichever tile its row falls; then the block's sum is added to those
/// before it. The loops are written out since the JIT keeps only named locals in registers; each name is written once, or it adds moves
/// between them (a third of AVX2's time).
/// </summary>
internal static unsafe class GemmTiles<TVector, TStored, TFormat>
    where TVector : unmanaged, IVector<TVector>
    where TStored : unmanaged
    where TFormat : struct, IVectorFormat<TStored>
{
    private const int Width = PackedWeights.PanelWidth;

    // Bytes between what is read and what is asked for: some hundred cycles, at one k in twelve.
    private const int Ahead = 2048;

    // What 32 registers hold: AVX-512's, and those of ARM. Others have 16.
    private static bool HasManyRegisters => TVector.Count == 16 || AdvSimd.IsSupported;

    /// <summary>sums[i, j] += Σₖ x[i, k] · w[k, j].</summary>
    /// <param name="x">First row; rows lie <paramref name="stride"/> apart.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="rows">1 to <see cref="GemmTiles.Rows"/>.</param>
    /// <param name="w">[depth, 64].</param>
    /// <param name="depth">Number of products per sum.</param>
    /// <param name="sums">[<see cref="GemmTiles.Rows"/>, 64].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* x, long stride, int rows, TStored* w, int depth, float* sums)
    {
        if (rows > 3 && !HasManyRegisters)
        {
            for (var column = 0; column < Width; column += 2 * TVector.Count)
                Tile6x2(x, stride, rows - 1, w + column, depth, sums + column);
            return;
        }
        // The stream of a panel is read once, from end to end, or memory gives half of its speed.
        if (rows == 1 && TVector.Count < 16)
        {
            for (var column = 0; column < Width; column += 8 * TVector.Count)
                Tile1x8(x, w + column, depth, sums + column);
            return;
        }
        // Four vectors at a time: a whole panel with AVX-512, a half with AVX2.
        for (var column = 0; column < Width; column += 4 * TVector.Count)
        {
            if (rows > 3)
                Tile6(x, stride, rows - 1, w + column, depth, sums + column);
            else if (rows > 1)
                Tile3(x, stride, rows - 1, w + column, depth, sums + column);
            else
                Tile1(x, w + column, depth, sums + column);
        }
    }

    // The JIT does not inline so many calls at once, and would run this unoptimised at first: half a second of the first image.
    /// <summary>6 rows by 4 vectors: 24 sums in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile6(float* x, long stride, int last, TStored* w, int depth, float* sums)
    {
        // A tile at the end repeats its last row; the sums of the copies are not read.
        float* x0 = x, x1 = x + (Math.Min(1, last) * stride), x2 = x + (Math.Min(2, last) * stride), x3 = x + (Math.Min(3, last) * stride), x4 = x + (Math.Min(4, last) * stride), x5 = x + (Math.Min(5, last) * stride);
        TVector s00 = default, s01 = default, s02 = default, s03 = default;
        TVector s10 = default, s11 = default, s12 = default, s13 = default;
        TVector s20 = default, s21 = default, s22 = default, s23 = default;
        TVector s30 = default, s31 = default, s32 = default, s33 = default;
        TVector s40 = default, s41 = default, s42 = default, s43 = default;
        TVector s50 = default, s51 = default, s52 = default, s53 = default;
        for (nint k = 0; k < depth; k++, w += Width)
        {
            Prefetch(w, 4);
            TVector w0 = TFormat.Load<TVector>(w), w1 = TFormat.Load<TVector>(w + TVector.Count), w2 = TFormat.Load<TVector>(w + (2 * TVector.Count)), w3 = TFormat.Load<TVector>(w + (3 * TVector.Count));
            var v0 = TVector.Create(x0[k]);
            s00 = TVector.MultiplyAdd(v0, w0, s00); s01 = TVector.MultiplyAdd(v0, w1, s01); s02 = TVector.MultiplyAdd(v0, w2, s02); s03 = TVector.MultiplyAdd(v0, w3, s03);
            var v1 = TVector.Create(x1[k]);
            s10 = TVector.MultiplyAdd(v1, w0, s10); s11 = TVector.MultiplyAdd(v1, w1, s11); s12 = TVector.MultiplyAdd(v1, w2, s12); s13 = TVector.MultiplyAdd(v1, w3, s13);
            var v2 = TVector.Create(x2[k]);
            s20 = TVector.MultiplyAdd(v2, w0, s20); s21 = TVector.MultiplyAdd(v2, w1, s21); s22 = TVector.MultiplyAdd(v2, w2, s22); s23 = TVector.MultiplyAdd(v2, w3, s23);
            var v3 = TVector.Create(x3[k]);
            s30 = TVector.MultiplyAdd(v3, w0, s30); s31 = TVector.MultiplyAdd(v3, w1, s31); s32 = TVector.MultiplyAdd(v3, w2, s32); s33 = TVector.MultiplyAdd(v3, w3, s33);
            var v4 = TVector.Create(x4[k]);
            s40 = TVector.MultiplyAdd(v4, w0, s40); s41 = TVector.MultiplyAdd(v4, w1, s41); s42 = TVector.MultiplyAdd(v4, w2, s42); s43 = TVector.MultiplyAdd(v4, w3, s43);
            var v5 = TVector.Create(x5[k]);
            s50 = TVector.MultiplyAdd(v5, w0, s50); s51 = TVector.MultiplyAdd(v5, w1, s51); s52 = TVector.MultiplyAdd(v5, w2, s52); s53 = TVector.MultiplyAdd(v5, w3, s53);
        }
        Accumulate(sums, 0, s00, s01, s02, s03);
        Accumulate(sums, 1, s10, s11, s12, s13);
        Accumulate(sums, 2, s20, s21, s22, s23);
        Accumulate(sums, 3, s30, s31, s32, s33);
        Accumulate(sums, 4, s40, s41, s42, s43);
        Accumulate(sums, 5, s50, s51, s52, s53);
    }

    /// <summary>6 rows by 2 vectors: 12 sums in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile6x2(float* x, long stride, int last, TStored* w, int depth, float* sums)
    {
        // A tile at the end repeats its last row; the sums of the copies are not read.
        float* x0 = x, x1 = x + (Math.Min(1, last) * stride), x2 = x + (Math.Min(2, last) * stride), x3 = x + (Math.Min(3, last) * stride), x4 = x + (Math.Min(4, last) * stride), x5 = x + (Math.Min(5, last) * stride);
        TVector s00 = default, s01 = default;
        TVector s10 = default, s11 = default;
        TVector s20 = default, s21 = default;
        TVector s30 = default, s31 = default;
        TVector s40 = default, s41 = default;
        TVector s50 = default, s51 = default;
        for (nint k = 0; k < depth; k++, w += Width)
        {
            Prefetch(w, 2);
            PrefetchNextBlock(w);
            TVector w0 = TFormat.Load<TVector>(w), w1 = TFormat.Load<TVector>(w + TVector.Count);
            var v0 = TVector.Create(x0[k]);
            s00 = TVector.MultiplyAdd(v0, w0, s00); s01 = TVector.MultiplyAdd(v0, w1, s01);
            var v1 = TVector.Create(x1[k]);
            s10 = TVector.MultiplyAdd(v1, w0, s10); s11 = TVector.MultiplyAdd(v1, w1, s11);
            var v2 = TVector.Create(x2[k]);
            s20 = TVector.MultiplyAdd(v2, w0, s20); s21 = TVector.MultiplyAdd(v2, w1, s21);
            var v3 = TVector.Create(x3[k]);
            s30 = TVector.MultiplyAdd(v3, w0, s30); s31 = TVector.MultiplyAdd(v3, w1, s31);
            var v4 = TVector.Create(x4[k]);
            s40 = TVector.MultiplyAdd(v4, w0, s40); s41 = TVector.MultiplyAdd(v4, w1, s41);
            var v5 = TVector.Create(x5[k]);
            s50 = TVector.MultiplyAdd(v5, w0, s50); s51 = TVector.MultiplyAdd(v5, w1, s51);
        }
        Accumulate(sums, 0, s00, s01);
        Accumulate(sums, 1, s10, s11);
        Accumulate(sums, 2, s20, s21);
        Accumulate(sums, 3, s30, s31);
        Accumulate(sums, 4, s40, s41);
        Accumulate(sums, 5, s50, s51);
    }

    /// <summary>3 rows by 4 vectors: 12 sums in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile3(float* x, long stride, int last, TStored* w, int depth, float* sums)
    {
        // A tile at the end repeats its last row; the sums of the copies are not read.
        float* x0 = x, x1 = x + (Math.Min(1, last) * stride), x2 = x + (Math.Min(2, last) * stride);
        TVector s00 = default, s01 = default, s02 = default, s03 = default;
        TVector s10 = default, s11 = default, s12 = default, s13 = default;
        TVector s20 = default, s21 = default, s22 = default, s23 = default;
        for (nint k = 0; k < depth; k++, w += Width)
        {
            Prefetch(w, 4);
            TVector w0 = TFormat.Load<TVector>(w), w1 = TFormat.Load<TVector>(w + TVector.Count), w2 = TFormat.Load<TVector>(w + (2 * TVector.Count)), w3 = TFormat.Load<TVector>(w + (3 * TVector.Count));
            var v0 = TVector.Create(x0[k]);
            s00 = TVector.MultiplyAdd(v0, w0, s00); s01 = TVector.MultiplyAdd(v0, w1, s01); s02 = TVector.MultiplyAdd(v0, w2, s02); s03 = TVector.MultiplyAdd(v0, w3, s03);
            var v1 = TVector.Create(x1[k]);
            s10 = TVector.MultiplyAdd(v1, w0, s10); s11 = TVector.MultiplyAdd(v1, w1, s11); s12 = TVector.MultiplyAdd(v1, w2, s12); s13 = TVector.MultiplyAdd(v1, w3, s13);
            var v2 = TVector.Create(x2[k]);
            s20 = TVector.MultiplyAdd(v2, w0, s20); s21 = TVector.MultiplyAdd(v2, w1, s21); s22 = TVector.MultiplyAdd(v2, w2, s22); s23 = TVector.MultiplyAdd(v2, w3, s23);
        }
        Accumulate(sums, 0, s00, s01, s02, s03);
        Accumulate(sums, 1, s10, s11, s12, s13);
        Accumulate(sums, 2, s20, s21, s22, s23);
    }

    /// <summary>1 row: 4 sums in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile1(float* x, TStored* w, int depth, float* sums)
    {
        TVector s00 = default, s01 = default, s02 = default, s03 = default;
        for (nint k = 0; k < depth; k++, w += Width)
        {
            Prefetch(w, 4);
            TVector w0 = TFormat.Load<TVector>(w), w1 = TFormat.Load<TVector>(w + TVector.Count), w2 = TFormat.Load<TVector>(w + (2 * TVector.Count)), w3 = TFormat.Load<TVector>(w + (3 * TVector.Count));
            var v = TVector.Create(x[k]);
            s00 = TVector.MultiplyAdd(v, w0, s00); s01 = TVector.MultiplyAdd(v, w1, s01); s02 = TVector.MultiplyAdd(v, w2, s02); s03 = TVector.MultiplyAdd(v, w3, s03);
        }
        Accumulate(sums, 0, s00, s01, s02, s03);
    }

    /// <summary>1 row by 8 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x8(float* x, TStored* w, int depth, float* sums)
    {
        TVector s00 = default, s01 = default, s02 = default, s03 = default;
        TVector s04 = default, s05 = default, s06 = default, s07 = default;
        for (nint k = 0; k < depth; k++, w += Width)
        {
            Prefetch(w, 8);
            var v = TVector.Create(x[k]);
            s00 = TVector.MultiplyAdd(v, TFormat.Load<TVector>(w), s00);
            s01 = TVector.MultiplyAdd(v, TFormat.Load<TVector>(w + TVector.Count), s01);
            s02 = TVector.MultiplyAdd(v, TFormat.Load<TVector>(w + (2 * TVector.Count)), s02);
            s03 = TVector.MultiplyAdd(v, TFormat.Load<TVector>(w + (3 * TVector.Count)), s03);
            s04 = TVector.MultiplyAdd(v, TFormat.Load<TVector>(w + (4 * TVector.Count)), s04);
            s05 = TVector.MultiplyAdd(v, TFormat.Load<TVector>(w + (5 * TVector.Count)), s05);
            s06 = TVector.MultiplyAdd(v, TFormat.Load<TVector>(w + (6 * TVector.Count)), s06);
            s07 = TVector.MultiplyAdd(v, TFormat.Load<TVector>(w + (7 * TVector.Count)), s07);
        }
        Accumulate(sums, 0, s00, s01, s02, s03);
        Accumulate(sums + (4 * TVector.Count), 0, s04, s05, s06, s07);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(float* sums, int row, TVector a, TVector b, TVector c, TVector d)
    {
        Accumulate(sums, row, a, b);
        Accumulate(sums + (2 * TVector.Count), row, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(float* sums, int row, TVector a, TVector b)
    {
        sums += row * Width;
        TVector.Store(TVector.Load(sums) + a, sums);
        TVector.Store(TVector.Load(sums + TVector.Count) + b, sums + TVector.Count);
    }

    // A tile of few columns is through its lines before memory gives more: the same ones of the panel's next block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchNextBlock(TStored* w)
    {
        if (Sse.IsSupported)
            Sse.Prefetch1(w + (Gemm.ChainLength * Width));
    }

    // Each cache line of a number of vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(TStored* w, int vectors)
    {
        if (!Sse.IsSupported)
            return;
        var bytes = (byte*)w + Ahead;
        var length = vectors * TVector.Count * sizeof(TStored);
        Sse.Prefetch0(bytes);
        if (length > 64)
            Sse.Prefetch0(bytes + 64);
        if (length > 128)
        {
            Sse.Prefetch0(bytes + 128);
            Sse.Prefetch0(bytes + 192);
        }
    }
}
