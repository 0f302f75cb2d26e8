using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// How kernels for tensor cores get 16 bits of their inputs, eight neighbours at a time: rounded on their way through registers, or copied in
/// the background where they lie in 16 bits already. Zeros beyond the end of a row in both cases.
/// </summary>
internal interface IMatrixInputs
{
    /// <summary>The inputs from an element on.</summary>
    static abstract ArrayView<float> From(ArrayView<float> x, long element);

    /// <summary>Two neighbours in a register; the index is even.</summary>
    /// <param name="x">Where the row lies.</param>
    /// <param name="index">The first of them.</param>
    /// <param name="left">How many elements the row has from there on; none or fewer: the result is zero.</param>
    static abstract uint Read2<TPrecision>(ArrayView<float> x, int index, int left)
        where TPrecision : struct, IMatrixPrecision;

    /// <summary>Begins to copy eight neighbours to shared memory: values in flight are in the result, or in a background copy.</summary>
    /// <param name="x">Where the row lies.</param>
    /// <param name="index">The first of them; a multiple of eight where rows are aligned.</param>
    /// <param name="left">How many elements the row has from there on.</param>
    /// <param name="to">The address that they go to.</param>
    static abstract InputPiece Begin(ArrayView<float> x, int index, int left, uint to);

    /// <summary>Ends the copy: background copies are complete once the thread has waited for them.</summary>
    /// <param name="piece">The values in flight.</param>
    /// <param name="shared">Shared memory.</param>
    /// <param name="to">The same place as before, in units of 16 bytes.</param>
    static abstract void End<TPrecision>(InputPiece piece, ArrayView<Bits4> shared, int to)
        where TPrecision : struct, IMatrixPrecision;
}

/// <summary>Eight inputs in single precision, on their way through registers.</summary>
internal struct InputPiece
{
    public Floats4 Low, High;
}

/// <summary>Inputs in single precision, which are rounded on their way.</summary>
/// <typeparam name="TRows">How they are read.</typeparam>
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
/// Inputs in 16 bits, in the format of the product, two to each float of the view: rows whose length is a multiple of eight, from an address that
/// is a multiple of 16 bytes.
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
