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
internal static unsafe partial class GemmTiles<TVector, TStored, TFormat>
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
        // Halves of a panel for two or three rows would break its stream: twice the time of four rows.
        if (rows > 1 && !HasManyRegisters)
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
