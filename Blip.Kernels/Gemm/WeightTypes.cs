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

/// <summary>Code that is generic over what tensor cores multiply; see <see cref="WeightTypes.UseMatrix"/>.</summary>
internal interface IMatrixUse
{
    /// <summary>Runs with one precision.</summary>
    void With<TPrecision>()
        where TPrecision : struct, IMatrixWeights, ITileWeights;
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
            case DType.Float16: use.With<ushort, Float16Weights>(weights.Bits16); break;
            case DType.BFloat16: use.With<ushort, BFloat16Weights>(weights.Bits16); break;
            case DType.Int8: use.With<sbyte, Int8Weights>(weights.Int8); break;
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
            case DType.Float16: use.With<ushort, Float16Weights>(weights.Bits16); break;
            case DType.BFloat16: use.With<ushort, BFloat16Weights>(weights.Bits16); break;
            default: throw Unknown(weights.Format);
        }
    }

    /// <summary>The same for what tensor cores multiply: 16 bits, and whole numbers beside half precision.</summary>
    public static void UseMatrix<TUse>(DType format, TUse use)
        where TUse : struct, IMatrixUse
    {
        if (format == DType.Int8)
            use.With<Int8Matrix>();
        else
            Use16Bits(format, use);
    }

    /// <summary>The same for the formats to which values are rounded.</summary>
    public static void Use16Bits<TUse>(DType format, TUse use)
        where TUse : struct, IMatrixUse
    {
        switch (format)
        {
            case DType.Float16: use.With<Float16Matrix>(); break;
            case DType.BFloat16: use.With<BFloat16Matrix>(); break;
            default: throw Unknown(format);
        }
    }

    private static UnreachableException Unknown(DType format) => new($"Nothing is made for the weight format {format} here.");
}
