using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

internal interface IRowWriter
{
    /// <summary>
    /// Writes four neighbours, except after the row's end, <paramref name="left"/> elements away. For rounded rows the index is a multiple
    /// of four.
    /// </summary>
    static abstract void Write4(ArrayView<float> y, long index, int left, Floats4 values);
}

/// <summary>Single precision, element by element.</summary>
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

/// <summary>16 bits, in rows of a multiple of <see cref="ValueFormats.Unit"/>.</summary>
internal readonly struct RoundedRows<TPrecision> : IRowWriter
    where TPrecision : struct, IMatrixPrecision
{
    public static void Write4(ArrayView<float> y, long index, int left, Floats4 values) =>
        y.Cast<Bits2>()[index >> 2] = new Bits2 { X = TPrecision.Pack(values.X, values.Y), Y = TPrecision.Pack(values.Z, values.W) };
}
