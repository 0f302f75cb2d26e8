using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

internal static class LaneVectors
{
    public const int Width = 8;

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

    /// <summary>Sign-extends 32 bits to 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Extended(Vector512<ulong> value) => ((value << 32).AsInt64() >> 32).AsUInt64();

    /// <summary>Single precision in the lower halves, with PTX's NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Single(Vector512<float> value) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), value.AsUInt32(), Vector512.Create(NaN32)).AsUInt64() & Low;
}
