using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// How tensor-core kernels get 16-bit inputs, eight neighbours at a time: rounded in registers, or copied asynchronously if they have 16
/// bits already. Zeros follow a row's end.
/// </summary>
internal interface IMatrixInputs
{
    static abstract ArrayView<float> From(ArrayView<float> x, long element);

    /// <summary>
    /// Two neighbours in a register, the first at an even index; zero if <paramref name="left"/>, the row's remaining elements, is not
    /// positive.
    /// </summary>
    static abstract uint Read2<TPrecision>(ArrayView<float> x, int index, int left)
        where TPrecision : struct, IMatrixPrecision;

    /// <summary>
    /// Starts copying eight neighbours to an address in shared memory. The result or an asynchronous copy holds the values in flight. The
    /// index is a multiple of eight for aligned rows; <paramref name="left"/> counts the row's remaining elements.
    /// </summary>
    static abstract InputPiece Begin(ArrayView<float> x, int index, int left, uint to);

    /// <summary>
    /// Ends the copy to the same place, in units of 16 bytes. Asynchronous copies are complete once the thread has waited for them.
    /// </summary>
    static abstract void End<TPrecision>(InputPiece piece, ArrayView<Bits4> shared, int to)
        where TPrecision : struct, IMatrixPrecision;
}

internal struct InputPiece
{
    public Floats4 Low, High;
}

/// <summary>Single-precision inputs, rounded in registers.</summary>
internal readonly struct RoundedInputs<TRows> : IMatrixInputs
    where TRows : struct, IRowReader
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ArrayView<float> From(ArrayView<float> x, long element) => x.SubView(element);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read2<TPrecision>(ArrayView<float> x, int index, int left)
        where TPrecision : struct, IMatrixPrecision
    {
        var two = TRows.Read2(x, index, left);
        return TPrecision.Pack(two.X, two.Y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static InputPiece Begin(ArrayView<float> x, int index, int left, uint to) =>
        new() { Low = TRows.Read4(x, index, left), High = TRows.Read4(x, index + 4, left - 4) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void End<TPrecision>(InputPiece piece, ArrayView<Bits4> shared, int to)
        where TPrecision : struct, IMatrixPrecision => shared[to] = new Bits4
        {
            X = TPrecision.Pack(piece.Low.X, piece.Low.Y),
            Y = TPrecision.Pack(piece.Low.Z, piece.Low.W),
            Z = TPrecision.Pack(piece.High.X, piece.High.Y),
            W = TPrecision.Pack(piece.High.Z, piece.High.W),
        };
}

/// <summary>
/// Inputs in the product's 16-bit format, two to each float of the view. Row lengths are multiples of eight, addresses of 16 bytes.
/// </summary>
internal readonly struct Inputs16 : IMatrixInputs
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ArrayView<float> From(ArrayView<float> x, long element) => x.SubView(element >> 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read2<TPrecision>(ArrayView<float> x, int index, int left)
        where TPrecision : struct, IMatrixPrecision => TensorCore.Load(ref x.Cast<uint>()[index >> 1], left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static InputPiece Begin(ArrayView<float> x, int index, int left, uint to)
    {
        TensorCore.CopyAsync(to, ref x.Cast<Bits4>()[index >> 3], left > 0 ? 16 : 0);
        return default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void End<TPrecision>(InputPiece piece, ArrayView<Bits4> shared, int to)
        where TPrecision : struct, IMatrixPrecision
    {
    }
}
