using System.Diagnostics;

namespace Blip.Kernels;

/// <summary>Code that is generic over the operands of tensor cores; see <see cref="MatrixTypes.Use"/>.</summary>
internal interface IMatrixUse
{
    /// <summary>Runs with one precision.</summary>
    void With<TPrecision>()
        where TPrecision : struct, IMatrixWeights, ITileWeights;
}

/// <summary>The operand types of tensor cores, for each format of weights.</summary>
internal static class MatrixTypes
{
    /// <summary>Calls <paramref name="use"/> with the operand type: 16 bits, and whole numbers beside half precision.</summary>
    public static void Use<TUse>(DType format, TUse use)
        where TUse : struct, IMatrixUse
    {
        if (format.IsQuantised())
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
            case DType.Float16: use.With<Matrix16<Float16Format>>(); break;
            case DType.BFloat16: use.With<Matrix16<BFloat16Format>>(); break;
            default: throw Unknown(format);
        }
    }

    private static UnreachableException Unknown(DType format) => new($"No matrix is made of the weight format {format}.");
}
