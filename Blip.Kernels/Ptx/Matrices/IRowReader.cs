using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Reads neighbours in a row of single precision, zeros beyond its end.</summary>
internal interface IRowReader
{
    /// <summary>Two neighbours.</summary>
    /// <param name="x">Where the row lies.</param>
    /// <param name="index">The first of them; even.</param>
    /// <param name="left">How many elements the row has from there on; none or fewer: the result is zero.</param>
    static abstract Floats2 Read2(ArrayView<float> x, int index, int left);

    /// <summary>Four neighbours; the index is a multiple of four.</summary>
    static abstract Floats4 Read4(ArrayView<float> x, int index, int left);

    /// <summary>The result for four neighbours, the first of which is in the row: zeros beyond its end.</summary>
    /// <param name="values">One for each of them.</param>
    /// <param name="left">How many elements the row has from the first of them on.</param>
    static abstract Floats4 Inside4(Floats4 values, int left);
}

/// <summary>Rows whose length is a multiple of four, from an address that is a multiple of 16 bytes: whole loads.</summary>
internal readonly struct AlignedRows : IRowReader
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats2 Read2(ArrayView<float> x, int index, int left) => TensorCore.Load(ref x.Cast<Floats2>()[index >> 1], left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Read4(ArrayView<float> x, int index, int left) => TensorCore.Load(ref x.Cast<Floats4>()[index >> 2], left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Inside4(Floats4 values, int left) => values;
}

/// <summary>Any rows, element by element.</summary>
internal readonly struct AnyRows : IRowReader
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats2 Read2(ArrayView<float> x, int index, int left) => new()
    {
        X = TensorCore.Load(ref x[index], left),
        Y = TensorCore.Load(ref x[index + 1], left - 1),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Read4(ArrayView<float> x, int index, int left) => new()
    {
        X = TensorCore.Load(ref x[index], left),
        Y = TensorCore.Load(ref x[index + 1], left - 1),
        Z = TensorCore.Load(ref x[index + 2], left - 2),
        W = TensorCore.Load(ref x[index + 3], left - 3),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Inside4(Floats4 values, int left) => new()
    {
        X = values.X,
        Y = left > 1 ? values.Y : 0f,
        Z = left > 2 ? values.Z : 0f,
        W = left > 3 ? values.W : 0f,
    };
}
