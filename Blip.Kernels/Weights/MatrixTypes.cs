using System.Diagnostics;

namespace Blip.Kernels;

/// <summary>Code that is generic over tensor-core operands.</summary>
internal interface IMatrixUse
{
    void With<TPrecision>()
        where TPrecision : struct, IMatrixWeights, ITileWeights;
}

internal static class MatrixTypes
{
    /// <summary>Calls <paramref name="use"/> with the operand type: 16 bits, or integers beside half precision.</summary>
    public static void Use<TUse>(DType format, TUse use)
        where TUse : struct, IMatrixUse
    {
        if (format.IsQuantised())
            use.With<Int8Matrix>();
        else
            Use16Bits(format, use);
    }

    /// <summary>For the formats to which values are rounded.</summary>
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
