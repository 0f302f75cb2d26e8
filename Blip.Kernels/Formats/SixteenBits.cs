using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The value of 16 bits, exactly, in operations that every accelerator has (some lack half precision).</summary>
internal static class SixteenBits
{
    /// <summary>2¹¹²: the distance between the exponents' biases.</summary>
    public const float Rebias = 5.192296858534828e33f;

    /// <summary>What a half's infinity becomes by <see cref="Rebias"/>: from here on it is infinite or NaN.</summary>
    public const float Infinite = 65536f;

    /// <summary>The value of <see cref="DType.Float16"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromFloat16(ushort stored)
    {
        // The product is exact, and gives subnormal halves their value.
        var magnitude = Interop.IntAsFloat((uint)(stored & 0x7FFF) << 13) * Rebias;
        var bits = Interop.FloatAsInt(magnitude) | ((uint)(stored & 0x8000) << 16);
        return Interop.IntAsFloat(magnitude < Infinite ? bits : bits | 0x7F800000);
    }

    /// <summary>The value of <see cref="DType.BFloat16"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromBFloat16(ushort stored) => Interop.IntAsFloat((uint)stored << 16);
}
