using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Reads one stored weight, in operations that every accelerator has (some lack half precision).</summary>
/// <typeparam name="TStored">What is stored: a float, or 16 bits.</typeparam>
internal interface IWeightFormat<TStored>
    where TStored : unmanaged
{
    /// <summary>The weight's value, exactly.</summary>
    static abstract float Decode(TStored stored);
}

/// <summary><see cref="WeightFormat.Float32"/>.</summary>
internal readonly struct Float32Weights : IWeightFormat<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(float stored) => stored;
}

/// <summary><see cref="WeightFormat.Float16"/>.</summary>
internal readonly struct Float16Weights : IWeightFormat<ushort>
{
    /// <summary>2¹¹²: the distance between the exponents' biases.</summary>
    public const float Rebias = 5.192296858534828e33f;

    /// <summary>What a half's infinity becomes by <see cref="Rebias"/>: from here on it is infinite or NaN.</summary>
    public const float Infinite = 65536f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(ushort stored)
    {
        // The product is exact, and gives subnormal halves their value.
        var magnitude = Interop.IntAsFloat((uint)(stored & 0x7FFF) << 13) * Rebias;
        var bits = Interop.FloatAsInt(magnitude) | ((uint)(stored & 0x8000) << 16);
        return Interop.IntAsFloat(magnitude < Infinite ? bits : bits | 0x7F800000);
    }
}

/// <summary><see cref="WeightFormat.BFloat16"/>.</summary>
internal readonly struct BFloat16Weights : IWeightFormat<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(ushort stored) => Interop.IntAsFloat((uint)stored << 16);
}
