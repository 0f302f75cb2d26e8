using System.Runtime.InteropServices;

namespace Blip.Kernels.MachineCode;

/// <summary>The one argument of a tile: sums[i, j] = Σₖ x[i, k] · w[k, j] over rows i and columns j.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DotTileArguments
{
    /// <summary>The first row: bytes, or bfloat16.</summary>
    public byte* X;

    /// <summary>Bytes from one row to the next.</summary>
    public long Stride;

    /// <summary>A panel: rows of 64 words of 16 bits, a pair of bytes or one bfloat16 in each. AMX has it as <see cref="AmxPanel"/> writes it.</summary>
    public byte* Weights;

    /// <summary>Pairs of such rows; of AMX, tiles of them.</summary>
    public long Steps;

    /// <summary>Not 0: one row of words is left behind them.</summary>
    public long Tail;

    /// <summary>[rows, 64], 4 bytes each.</summary>
    public byte* Sums;

    /// <summary>What AMX's tiles look like: 64 bytes.</summary>
    public byte* Configuration;
}
