using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Reads stored weights, in operations that every accelerator has (some lack half precision).</summary>
/// <typeparam name="TStored">What is stored: a float, or 16 bits.</typeparam>
internal unsafe interface IWeightFormat<TStored>
    where TStored : unmanaged
{
    /// <summary>The weight's value, exactly.</summary>
    static abstract float Decode(TStored stored);

    /// <summary>The values of a vector of neighbouring weights, for the CPU variant.</summary>
    static abstract TVector Load<TVector>(TStored* source)
        where TVector : unmanaged, IVector<TVector>;
}

/// <summary><see cref="WeightFormat.Float32"/>.</summary>
internal readonly unsafe struct Float32Weights : IWeightFormat<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(float stored) => stored;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(float* source)
        where TVector : unmanaged, IVector<TVector> => TVector.Load(source);
}

/// <summary><see cref="WeightFormat.Float16"/>.</summary>
internal readonly unsafe struct Float16Weights : IWeightFormat<ushort>
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector> => TVector.LoadFloat16(source);
}

/// <summary><see cref="WeightFormat.BFloat16"/>.</summary>
internal readonly unsafe struct BFloat16Weights : IWeightFormat<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(ushort stored) => Interop.IntAsFloat((uint)stored << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector> => TVector.LoadBFloat16(source);
}
