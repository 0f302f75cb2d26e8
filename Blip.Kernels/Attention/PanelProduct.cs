using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>
/// Products of small matrices whose right side is a panel of rows. The micro-kernel holds 6 rows by 2 vectors in registers
/// (12 of AVX2's 16), or one row by 4. Each element is one chain of multiply-adds in the order of the depth.
/// Each factor has a separate name: the JIT adds slow moves for a reassigned one.
/// </summary>
internal static unsafe partial class PanelProduct
{
    public const int Rows = 6;

    // Up to this many rows are as fast one by one.
    private const int FewRows = 4;

    /// <summary>Rounds up to pairs of vectors.</summary>
    public static int RoundUp<TVector>(int columns)
        where TVector : unmanaged, IVector<TVector>
    {
        var pair = 2 * TVector.Count;
        return (columns + pair - 1) / pair * pair;
    }

    /// <summary>c[rows, columns] = a[rows, depth] · b[depth, columns], or added to c.</summary>
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
                    a + (row * aStride), aStride, Math.Min(Rows, rows - row), b + column, bStride, c + ((long)row * cStride) + column,
                        cStride, depth, add);
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

    /// <summary>c[rows, columns] += a[depth, rows]ᵀ · b[depth, columns].</summary>
    public static void AddTurned<TVector>(
        float* a, int aStride, int rows, float* b, int bStride, float* c, int cStride, int depth, int columns)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var row = 0; row < rows; row += Rows)
        {
            for (var column = 0; column < columns; column += 2 * TVector.Count)
            {
                TurnedBlock<TVector>(
                    a + row, aStride, Math.Min(Rows, rows - row), b + column, bStride, c + ((long)row * cStride) + column, cStride, depth);
            }
        }
    }

    /// <summary>Four rows become neighbouring columns of a panel.</summary>
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
