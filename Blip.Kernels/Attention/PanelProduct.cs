using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>
/// Products of small matrices whose right side is a panel of rows: the micro-kernel holds 6 rows by 2 vectors of the result in registers
/// (12 of the 16 that AVX2 has), or one row by 4. Each element is one chain of multiply-adds in the order of the depth. The factors have
/// a name each: of a name that is written again, the JIT makes moves that cost AVX2 a third of the time.
/// </summary>
internal static unsafe class PanelProduct
{
    /// <summary>Rows of the micro-kernel.</summary>
    public const int Rows = 6;

    // So many rows are as fast one by one.
    private const int FewRows = 4;

    /// <summary>Columns are computed in pairs of vectors.</summary>
    public static int RoundUp<TVector>(int columns)
        where TVector : unmanaged, IVector<TVector>
    {
        var pair = 2 * TVector.Count;
        return (columns + pair - 1) / pair * pair;
    }

    /// <summary>c[rows, columns] = a[rows, depth] · b[depth, columns], or added to what c holds.</summary>
    public static void Run<TVector>(
        float* a, long aStride, int rows, float* b, int bStride, float* c, int cStride, int depth, int columns, bool add)
        where TVector : unmanaged, IVector<TVector>
    {
        var row = 0;
        for (; rows - row > FewRows; row += Rows)
        {
            for (var column = 0; column < columns; column += 2 * TVector.Count)
            {
                Block<TVector>(
                    a + (row * aStride), aStride, Math.Min(Rows, rows - row), b + column, bStride, c + ((long)row * cStride) + column, cStride, depth, add);
            }
        }
        for (; row < rows; row++)
        {
            var column = 0;
            for (; column + (4 * TVector.Count) <= columns; column += 4 * TVector.Count)
                Line4<TVector>(a + (row * aStride), b + column, bStride, c + ((long)row * cStride) + column, depth, add);
            if (column < columns)
                Line2<TVector>(a + (row * aStride), b + column, bStride, c + ((long)row * cStride) + column, depth, add);
        }
    }

    // One row by 4 vectors: the query of a word.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Line4<TVector>(float* a, float* b, int bStride, float* c, int depth, bool add)
        where TVector : unmanaged, IVector<TVector>
    {
        var zero = TVector.Create(0);
        TVector s0 = zero, s1 = zero, s2 = zero, s3 = zero;
        if (add)
        {
            s0 = TVector.Load(c);
            s1 = TVector.Load(c + TVector.Count);
            s2 = TVector.Load(c + (2 * TVector.Count));
            s3 = TVector.Load(c + (3 * TVector.Count));
        }
        for (nint k = 0; k < depth; k++, b += bStride)
        {
            var x = TVector.Create(a[k]);
            s0 = TVector.MultiplyAdd(x, TVector.Load(b), s0);
            s1 = TVector.MultiplyAdd(x, TVector.Load(b + TVector.Count), s1);
            s2 = TVector.MultiplyAdd(x, TVector.Load(b + (2 * TVector.Count)), s2);
            s3 = TVector.MultiplyAdd(x, TVector.Load(b + (3 * TVector.Count)), s3);
        }
        TVector.Store(s0, c);
        TVector.Store(s1, c + TVector.Count);
        TVector.Store(s2, c + (2 * TVector.Count));
        TVector.Store(s3, c + (3 * TVector.Count));
    }

    // One row by 2 vectors.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Line2<TVector>(float* a, float* b, int bStride, float* c, int depth, bool add)
        where TVector : unmanaged, IVector<TVector>
    {
        var zero = TVector.Create(0);
        TVector s0 = zero, s1 = zero;
        if (add)
        {
            s0 = TVector.Load(c);
            s1 = TVector.Load(c + TVector.Count);
        }
        for (nint k = 0; k < depth; k++, b += bStride)
        {
            var x = TVector.Create(a[k]);
            s0 = TVector.MultiplyAdd(x, TVector.Load(b), s0);
            s1 = TVector.MultiplyAdd(x, TVector.Load(b + TVector.Count), s1);
        }
        TVector.Store(s0, c);
        TVector.Store(s1, c + TVector.Count);
    }

    // Rows that are missing repeat the last one: they compute and store the same again.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block<TVector>(float* a, long aStride, int rows, float* b, int bStride, float* c, int cStride, int depth, bool add)
        where TVector : unmanaged, IVector<TVector>
    {
        long r1 = Math.Min(1, rows - 1), r2 = Math.Min(2, rows - 1), r3 = Math.Min(3, rows - 1), r4 = Math.Min(4, rows - 1), r5 = rows - 1;
        float* a0 = a, a1 = a + (r1 * aStride), a2 = a + (r2 * aStride), a3 = a + (r3 * aStride), a4 = a + (r4 * aStride), a5 = a + (r5 * aStride);
        float* c0 = c, c1 = c + (r1 * cStride), c2 = c + (r2 * cStride), c3 = c + (r3 * cStride), c4 = c + (r4 * cStride), c5 = c + (r5 * cStride);
        var zero = TVector.Create(0);
        TVector s00 = zero, s01 = zero, s10 = zero, s11 = zero, s20 = zero, s21 = zero, s30 = zero, s31 = zero, s40 = zero, s41 = zero, s50 = zero, s51 = zero;
        if (add)
        {
            s00 = TVector.Load(c0);
            s01 = TVector.Load(c0 + TVector.Count);
            s10 = TVector.Load(c1);
            s11 = TVector.Load(c1 + TVector.Count);
            s20 = TVector.Load(c2);
            s21 = TVector.Load(c2 + TVector.Count);
            s30 = TVector.Load(c3);
            s31 = TVector.Load(c3 + TVector.Count);
            s40 = TVector.Load(c4);
            s41 = TVector.Load(c4 + TVector.Count);
            s50 = TVector.Load(c5);
            s51 = TVector.Load(c5 + TVector.Count);
        }
        for (nint k = 0; k < depth; k++)
        {
            var b0 = TVector.Load(b);
            var b1 = TVector.Load(b + TVector.Count);
            b += bStride;
            var x0 = TVector.Create(a0[k]);
            s00 = TVector.MultiplyAdd(x0, b0, s00);
            s01 = TVector.MultiplyAdd(x0, b1, s01);
            var x1 = TVector.Create(a1[k]);
            s10 = TVector.MultiplyAdd(x1, b0, s10);
            s11 = TVector.MultiplyAdd(x1, b1, s11);
            var x2 = TVector.Create(a2[k]);
            s20 = TVector.MultiplyAdd(x2, b0, s20);
            s21 = TVector.MultiplyAdd(x2, b1, s21);
            var x3 = TVector.Create(a3[k]);
            s30 = TVector.MultiplyAdd(x3, b0, s30);
            s31 = TVector.MultiplyAdd(x3, b1, s31);
            var x4 = TVector.Create(a4[k]);
            s40 = TVector.MultiplyAdd(x4, b0, s40);
            s41 = TVector.MultiplyAdd(x4, b1, s41);
            var x5 = TVector.Create(a5[k]);
            s50 = TVector.MultiplyAdd(x5, b0, s50);
            s51 = TVector.MultiplyAdd(x5, b1, s51);
        }
        TVector.Store(s00, c0);
        TVector.Store(s01, c0 + TVector.Count);
        TVector.Store(s10, c1);
        TVector.Store(s11, c1 + TVector.Count);
        TVector.Store(s20, c2);
        TVector.Store(s21, c2 + TVector.Count);
        TVector.Store(s30, c3);
        TVector.Store(s31, c3 + TVector.Count);
        TVector.Store(s40, c4);
        TVector.Store(s41, c4 + TVector.Count);
        TVector.Store(s50, c5);
        TVector.Store(s51, c5 + TVector.Count);
    }

    /// <summary>Writes four rows as four neighbouring columns of a panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* x0, float* x1, float* x2, float* x3, int length, float* panel, int stride)
    {
        var d = 0;
        for (; Sse.IsSupported && d + 4 <= length; d += 4, panel += 4 * stride)
        {
            var v0 = Vector128.Load(x0 + d);
            var v1 = Vector128.Load(x1 + d);
            var v2 = Vector128.Load(x2 + d);
            var v3 = Vector128.Load(x3 + d);
            var low01 = Sse.UnpackLow(v0, v1);
            var low23 = Sse.UnpackLow(v2, v3);
            var high01 = Sse.UnpackHigh(v0, v1);
            var high23 = Sse.UnpackHigh(v2, v3);
            Sse.MoveLowToHigh(low01, low23).Store(panel);
            Sse.MoveHighToLow(low23, low01).Store(panel + stride);
            Sse.MoveLowToHigh(high01, high23).Store(panel + (2 * stride));
            Sse.MoveHighToLow(high23, high01).Store(panel + (3 * stride));
        }
        for (; d < length; d++, panel += stride)
        {
            panel[0] = x0[d];
            panel[1] = x1[d];
            panel[2] = x2[d];
            panel[3] = x3[d];
        }
    }
}
