using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>A block of 64 by 64 floats in shared memory that is written by rows and read by columns.</summary>
internal static class TransposedBlock
{
    // An odd distance puts neighbours of a column into different banks.
    private const int Stride = PackedWeights.PanelWidth + 1;

    /// <summary>Floats of shared memory.</summary>
    public const int Floats = PackedWeights.PanelWidth * Stride;

    /// <summary>Where an element lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int row, int column) => (row * Stride) + column;
}
