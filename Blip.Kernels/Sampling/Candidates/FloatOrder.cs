using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Integers in the order of floats: finds a threshold bit by bit, without sorting.</summary>
internal static class FloatOrder
{
    /// <summary>The keys of -∞ and +∞; keys outside are NaN.</summary>
    public const uint Lowest = 0x007fffff, Highest = 0xff800000;

    /// <summary>A key's float; keys beyond an infinity count as it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(uint key)
    {
        key = key < Lowest ? Lowest : key > Highest ? Highest : key;
        return Interop.IntAsFloat((key & 0x80000000u) != 0 ? key ^ 0x80000000u : ~key);
    }
}
