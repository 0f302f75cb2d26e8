using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Exact widening and nearest rounding of 16 bits, in operations of every accelerator (some lack half precision).</summary>
internal static class SixteenBits
{
    /// <summary>2¹¹²: the distance of the exponent biases.</summary>
    public const float Rebias = 5.192296858534828e33f;

    /// <summary>A half's infinity after <see cref="Rebias"/>; NaN and infinity start here.</summary>
    public const float Infinite = 65536f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromFloat16(ushort stored)
    {
        // The product is exact, also for subnormal halves.
        var magnitude = Interop.IntAsFloat((uint)(stored & 0x7FFF) << 13) * Rebias;
        var bits = Interop.FloatAsInt(magnitude) | ((uint)(stored & 0x8000) << 16);
        return Interop.IntAsFloat(magnitude < Infinite ? bits : bits | 0x7F800000);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromBFloat16(ushort stored) => Interop.IntAsFloat((uint)stored << 16);

    /// <summary>Nearest, halves to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ToFloat16(float value)
    {
        var bits = Interop.FloatAsInt(value);
        var magnitude = bits & 0x7FFFFFFF;
        // Exponents move from bias 127 to 15. Rounding may carry to infinity, as it should.
        var half = (magnitude - ((112u << 23) - 0xFFF) + ((magnitude >> 13) & 1)) >> 13;
        // 0.5 has the last place of a subnormal half: the sum rounds there.
        if (magnitude < 0x38800000)
            half = Interop.FloatAsInt(Interop.IntAsFloat(magnitude) + 0.5f) - 0x3F000000;
        if (magnitude >= 0x47800000)
            half = magnitude > 0x7F800000 ? 0x7E00u : 0x7C00u;
        return (ushort)(half | ((bits >> 16) & 0x8000));
    }

    /// <summary>Nearest, halves to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ToBFloat16(float value)
    {
        var bits = Interop.FloatAsInt(value);
        var rounded = (bits & 0x7FFFFFFF) > 0x7F800000 ? bits | 0x400000 : bits + 0x7FFF + ((bits >> 16) & 1);
        return (ushort)(rounded >> 16);
    }
}
