using System.Diagnostics;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Code that is generic over weight formats.</summary>
internal interface IWeightUse
{
    void With<TStored, TFormat>(ArrayView<TStored> weights)
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored>;
}

/// <summary>Code that is generic over formats with vector loads.</summary>
internal interface IVectorWeightUse
{
    void With<TStored, TFormat>(ArrayView<TStored> weights)
        where TStored : unmanaged
        where TFormat : struct, IVectorFormat<TStored>;
}

/// <summary>Types of each weight format. Only this class chooses types by <see cref="DType"/>.</summary>
internal static class WeightTypes
{
    /// <summary>Calls <paramref name="use"/> with a matrix's types.</summary>
    public static void Use<TUse>(PackedWeights weights, TUse use)
        where TUse : struct, IWeightUse
    {
        switch (weights.Format)
        {
            case DType.Float32: use.With<float, Float32Weights>(weights.Float32); break;
            case DType.Float16: use.With<ushort, Weights16<Float16Format>>(weights.Bits16); break;
            case DType.BFloat16: use.With<ushort, Weights16<BFloat16Format>>(weights.Bits16); break;
            case DType.Int8 or DType.W8A8: use.With<sbyte, Int8Weights>(weights.Int8); break;
            default: throw Unknown(weights.Format);
        }
    }

    /// <summary>For formats whose neighbours in memory are neighbouring outputs: all but integers.</summary>
    public static void UseVectors<TUse>(PackedWeights weights, TUse use)
        where TUse : struct, IVectorWeightUse
    {
        switch (weights.Format)
        {
            case DType.Float32: use.With<float, Float32Weights>(weights.Float32); break;
            case DType.Float16: use.With<ushort, Weights16<Float16Format>>(weights.Bits16); break;
            case DType.BFloat16: use.With<ushort, Weights16<BFloat16Format>>(weights.Bits16); break;
            default: throw Unknown(weights.Format);
        }
    }

    private static UnreachableException Unknown(DType format) => new($"Nothing is made for the weight format {format} here.");
}
