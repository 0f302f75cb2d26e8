using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>
/// Innermost loops of <see cref="GemmSimdInt8{TVector, TPairs, TSums}"/>: a few rows of X times one panel, in whole numbers, unrolled
/// since the JIT keeps only named locals in registers. Products are grouped before their sums: alternating them would
/// put half of the sums on Zen 4's two multiplying pipes.
/// </summary>
internal static unsafe partial class GemmTilesInt8<TPairs, TSums>
    where TPairs : unmanaged, IPairs<TPairs>
    where TSums : struct, IPairSums
{
    public const int MaxRows = 6;

    private const int Width = PackedWeights.PanelWidth;

    // Bytes of a panel per pair of k: two cache lines.
    private const int Step = 2 * Width;

    // Prefetch distance in bytes.
    private const int Ahead = 2048;

    /// <summary>
    /// sums[i, j] += Σₖ x[i, k] · w[k, j] for 1 to <see cref="MaxRows"/> rows; w [depth / 2, 64, 2] with an even depth, sums [rows, 64].
    /// </summary>
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* sums, TPairs a, TPairs b)
    {
        TSums.Add(a, sums);
        TSums.Add(b, sums + TPairs.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* sums, TPairs a, TPairs b, TPairs c, TPairs d)
    {
        Add(sums, a, b);
        Add(sums + (2 * TPairs.Count), c, d);
    }

    // Few rows wait for memory. Both lines are prefetched: shorter vectors need the other one next.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(sbyte* w)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(w + Ahead);
        Sse.Prefetch0(w + Ahead + 64);
    }
}
