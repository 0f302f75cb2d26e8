using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

/// <summary>Eight lanes of a register at a time.</summary>
internal static class LaneVectors
{
    public const int Width = 8;

    /// <summary>The lower half of every lane.</summary>
    public static Vector512<ulong> Low => Vector512.Create((ulong)uint.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Load(ReadOnlySpan<ulong> register, int lane) => Vector512.Create(register[lane..]);

    /// <summary>All bits of the lanes whose bit is set, from the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Mask(uint lanes)
    {
        var bit = Vector512.Create(1UL, 2, 4, 8, 16, 32, 64, 128);
        return Vector512.Equals(Vector512.Create((ulong)lanes) & bit, bit);
    }

    /// <summary>Signed numbers of 32 bits, extended to 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Extended(Vector512<ulong> value) => ((value << 32).AsInt64() >> 32).AsUInt64();

    /// <summary>The bits of single precision in the lower halves, with the one NaN that PTX gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Single(Vector512<float> value) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), value.AsUInt32(), Vector512.Create(NaN32)).AsUInt64() & Low;
}
