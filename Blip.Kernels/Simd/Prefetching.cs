using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>
/// Asks for memory that the processor does not foresee. It may lie anywhere, and nothing happens where there is no such instruction.
/// </summary>
internal static unsafe class Prefetching
{
    private const int Line = 64;

    /// <summary>Brings some bytes to the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bytes(void* from, long count)
    {
        for (var i = 0L; Sse.IsSupported && i < count; i += Line)
            Sse.Prefetch1((byte*)from + i);
    }

    /// <summary>The same for a row of 64 floats of each of some rows.</summary>
    /// <param name="from">The first row.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="rows">Rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Rows(float* from, long stride, int rows)
    {
        for (var row = 0; Sse.IsSupported && row < rows; row++)
            Bytes(from + (row * stride), 64 * sizeof(float));
    }
}
