using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Writes neighbours of a row.</summary>
internal interface IRowWriter
{
    /// <summary>Four neighbours.</summary>
    /// <param name="y">Where they go.</param>
    /// <param name="index">The first of them; a multiple of four where they are rounded.</param>
    /// <param name="left">How many elements the row has from there on: those beyond its end are not written.</param>
    /// <param name="values">The memory to fill.</param>
    static abstract void Write4(ArrayView<float> y, long index, int left, Floats4 values);
}

/// <summary>In single precision, element by element.</summary>
internal readonly struct SingleRows : IRowWriter
{
    public static void Write4(ArrayView<float> y, long index, int left, Floats4 values)
    {
        y[index] = values.X;
        if (left > 1)
            y[index + 1] = values.Y;
        if (left > 2)
            y[index + 2] = values.Z;
        if (left > 3)
            y[index + 3] = values.W;
    }
}

/// <summary>Rounded to 16 bits, in rows of a multiple of <see cref="ValueFormats.Unit"/>.</summary>
/// <typeparam name="TPrecision">The format.</typeparam>
internal readonly struct RoundedRows<TPrecision> : IRowWriter
    where TPrecision : struct, IMatrixPrecision
{
    public static void Write4(ArrayView<float> y, long index, int left, Floats4 values) =>
        y.Cast<Bits2>()[index >> 2] = new Bits2 { X = TPrecision.Pack(values.X, values.Y), Y = TPrecision.Pack(values.Z, values.W) };
}
