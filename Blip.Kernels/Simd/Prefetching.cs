using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>Prefetches memory that the hardware does not. Any address is safe; without the instruction nothing happens.</summary>
internal static unsafe class Prefetching
{
    private const int Line = 64;

    /// <summary>Into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bytes(void* from, long count)
    {
        for (var i = 0L; Sse.IsSupported && i < count; i += Line)
            Sse.Prefetch1((byte*)from + i);
    }

    /// <summary>64 floats of each row; <paramref name="stride"/> counts floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Rows(float* from, long stride, int rows)
    {
        for (var row = 0; Sse.IsSupported && row < rows; row++)
            Bytes(from + (row * stride), 64 * sizeof(float));
    }
}
