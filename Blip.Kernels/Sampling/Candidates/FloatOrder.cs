using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Floats as integers of the same order, so that a threshold is found bit by bit, without sorting.</summary>
internal static class FloatOrder
{
    /// <summary>The keys of -∞ and of +∞: those outside would be NaN.</summary>
    public const uint Lowest = 0x007fffff, Highest = 0xff800000;

    /// <summary>The float of a key; keys outside the two infinities count as the nearer one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(uint key)
    {
        key = key < Lowest ? Lowest : key > Highest ? Highest : key;
        return Interop.IntAsFloat((key & 0x80000000u) != 0 ? key ^ 0x80000000u : ~key);
    }
}
