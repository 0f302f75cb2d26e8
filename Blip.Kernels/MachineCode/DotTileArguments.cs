using System.Runtime.InteropServices;

namespace Blip.Kernels.MachineCode;

/// <summary>A tile's argument: sums[i, j] = Σₖ x[i, k] · w[k, j].</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DotTileArguments
{
    /// <summary>First row: bytes or bfloat16.</summary>
    public byte* X;

    /// <summary>Bytes between rows.</summary>
    public long Stride;

    /// <summary>A panel: rows of 64 16-bit words, each two bytes or one bfloat16. AMX needs the layout of <see cref="AmxPanel"/>.</summary>
    public byte* Weights;

    /// <summary>Pairs of such rows, or AMX's steps.</summary>
    public long Steps;

    /// <summary>Not 0: one row of words follows.</summary>
    public long Tail;

    /// <summary>[rows, 64], 4 bytes each.</summary>
    public byte* Sums;

    /// <summary>AMX's tile configuration: 64 bytes.</summary>
    public byte* Configuration;
}
