using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

internal static class GemmTiles
{
    public const int Rows = 6;
}

/// <summary>
/// Innermost loops of <see cref="GemmSimd{TStored, TFormat}"/>: a few rows of X times one panel. In every tile a lane adds a block's
/// products in the order of k, with one rounding each. Then it adds the block's sum to the earlier ones.
/// The loops are unrolled since the JIT keeps only named locals in registers. Each name is written once; reassigned names cost moves.
/// </summary>
internal static unsafe partial class GemmTiles<TVector, TStored, TFormat>
    where TVector : unmanaged, IVector<TVector>
    where TStored : unmanaged
    where TFormat : struct, IVectorFormat<TStored>
{
    private const int Width = PackedWeights.PanelWidth;

    // Prefetch distance in bytes: some hundred cycles, at one k in twelve.
    private const int Ahead = 2048;

    // AVX-512 and ARM have 32 registers, others 16.
    private static bool HasManyRegisters => TVector.Count == 16 || AdvSimd.IsSupported;

    /// <summary>
    /// sums[i, j] += Σₖ x[i, k] · w[k, j] for 1 to <see cref="GemmTiles.Rows"/> rows; w [depth, 64],
    /// sums [<see cref="GemmTiles.Rows"/>, 64].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* x, long stride, int rows, TStored* w, int depth, float* sums)
    {
        // Half panels for two or three rows would break the panel's stream and take twice the time of four rows.
        if (rows > 1 && !HasManyRegisters)
        {
            for (var column = 0; column < Width; column += 2 * TVector.Count)
                Tile6x2(x, stride, rows - 1, w + column, depth, sums + column);
            return;
        }
        // A panel is read once, from end to end: broken streams get half of the memory's speed.
        if (rows == 1 && TVector.Count < 16)
        {
            for (var column = 0; column < Width; column += 8 * TVector.Count)
                Tile1x8(x, w + column, depth, sums + column);
            return;
        }
        // Four vectors are a whole panel with AVX-512, half with AVX2.
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

    // A tile of few columns outruns memory: it prefetches its lines of the panel's next block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchNextBlock(TStored* w)
    {
        if (Sse.IsSupported)
            Sse.Prefetch1(w + (Gemm.ChainLength * Width));
    }

    // Every cache line of these vectors.
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
