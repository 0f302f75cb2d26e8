using System.Diagnostics;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Code that is generic over the format of weights; <see cref="WeightTypes.Use"/> gives it types and memory.</summary>
internal interface IWeightUse
{
    /// <summary>Runs with one format.</summary>
    void With<TStored, TFormat>(ArrayView<TStored> weights)
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored>;
}

/// <summary>Code that is generic over the formats of which vectors can be loaded; see <see cref="WeightTypes.UseVectors"/>.</summary>
internal interface IVectorWeightUse
{
    /// <summary>Runs with one format.</summary>
    void With<TStored, TFormat>(ArrayView<TStored> weights)
        where TStored : unmanaged
        where TFormat : struct, IVectorFormat<TStored>;
}

/// <summary>The types of each weight format. Nothing else chooses types by a <see cref="DType"/>.</summary>
internal static class WeightTypes
{
    /// <summary>Calls <paramref name="use"/> with the types of a matrix: every format.</summary>
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

    /// <summary>The same for the formats whose neighbours in memory are neighbouring outputs: all but whole numbers.</summary>
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
