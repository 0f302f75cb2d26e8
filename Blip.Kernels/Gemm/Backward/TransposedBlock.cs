using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>64 × 64 floats in shared memory, written by rows and read by columns.</summary>
internal static class TransposedBlock
{
    // An odd stride puts a column's neighbours into different banks.
    private const int Stride = PackedWeights.PanelWidth + 1;

    public const int Floats = PackedWeights.PanelWidth * Stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int row, int column) => (row * Stride) + column;
}
