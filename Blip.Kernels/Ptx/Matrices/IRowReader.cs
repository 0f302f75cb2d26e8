using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Reads neighbours in a single-precision row, zeros after its end.</summary>
internal interface IRowReader
{
    /// <summary>
    /// Two neighbours, the first at an even index; zero if <paramref name="left"/>, the row's remaining elements, is not positive.
    /// </summary>
    static abstract Floats2 Read2(ArrayView<float> x, int index, int left);

    /// <summary>Four neighbours, from a multiple of four.</summary>
    static abstract Floats4 Read4(ArrayView<float> x, int index, int left);

    /// <summary>Zeroes the results of four neighbours after the row's end; the first is inside.</summary>
    static abstract Floats4 Inside4(Floats4 values, int left);
}

/// <summary>Row lengths are multiples of four, addresses of 16 bytes: whole loads.</summary>
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
