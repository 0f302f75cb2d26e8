using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>A stage of both factors in shared memory: 128 rows of 32 inputs, then 32 rows of each of two weight panels.</summary>
internal static class MatrixStage
{
    public const int Rows = 128, Columns = 128, Depth = 32;

    // In bytes: an input row holds 32 k; weights keep their panel's layout, a row of 64 outputs per k.
    public const int InputRow = 64, InputBytes = Rows * InputRow, PanelRow = 128, PanelBytes = Depth * PanelRow;

    // Stride between rows of sums, in floats, without bank conflicts.
    public const int OutStride = Columns + 4;

    /// <summary>Writes 16 rows and 32 columns; <paramref name="at"/> counts pairs of floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<Floats2> to, int at, MatrixTile16 tile)
    {
        Store(to, at, tile.A);
        Store(to, at + 4, tile.B);
        Store(to, at + 8, tile.C);
        Store(to, at + 12, tile.D);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<Floats2> to, int at, Floats4 sums)
    {
        to[at] = new Floats2 { X = sums.X, Y = sums.Y };
        to[at + (8 * OutStride / 2)] = new Floats2 { X = sums.Z, Y = sums.W };
    }
}
