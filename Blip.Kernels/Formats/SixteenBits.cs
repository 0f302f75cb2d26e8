using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The value of 16 bits, exactly, and the nearest 16 bits of a value, in operations that every accelerator has (some lack half precision).
/// </summary>
internal static class SixteenBits
{
    /// <summary>2¹¹²: the distance between the exponents' biases.</summary>
    public const float Rebias = 5.192296858534828e33f;

    /// <summary>A half's infinity after <see cref="Rebias"/>: from here on it is infinite or NaN.</summary>
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

    /// <summary>The nearest <see cref="DType.Float16"/>, halves to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ToFloat16(float value)
    {
        var bits = Interop.FloatAsInt(value);
        var magnitude = bits & 0x7FFFFFFF;
        // Exponents move from bias 127 to 15; the carry of the rounding may reach infinity, as it should.
        var half = (magnitude - ((112u << 23) - 0xFFF) + ((magnitude >> 13) & 1)) >> 13;
        // 0.5 has the last place of a subnormal half: the sum rounds there.
        if (magnitude < 0x38800000)
            half = Interop.FloatAsInt(Interop.IntAsFloat(magnitude) + 0.5f) - 0x3F000000;
        if (magnitude >= 0x47800000)
            half = magnitude > 0x7F800000 ? 0x7E00u : 0x7C00u;
        return (ushort)(half | ((bits >> 16) & 0x8000));
    }

    /// <summary>The nearest <see cref="DType.BFloat16"/>, halves to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ToBFloat16(float value)
    {
        var bits = Interop.FloatAsInt(value);
        var rounded = (bits & 0x7FFFFFFF) > 0x7F800000 ? bits | 0x400000 : bits + 0x7FFF + ((bits >> 16) & 1);
        return (ushort)(rounded >> 16);
    }
}
