using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>A warp's sums of 16 rows and 32 columns: four adjacent tensor-core results.</summary>
internal struct MatrixTile16
{
    public Floats4 A, B, C, D;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MatrixTile16 MultiplyAdd<TPrecision>(Bits4 x, MatrixColumns w, MatrixTile16 sums)
        where TPrecision : struct, IMatrixPrecision => new()
        {
            A = TPrecision.MultiplyAdd(x, w.A, sums.A),
            B = TPrecision.MultiplyAdd(x, w.B, sums.B),
            C = TPrecision.MultiplyAdd(x, w.C, sums.C),
            D = TPrecision.MultiplyAdd(x, w.D, sums.D),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MatrixTile16 Add(MatrixTile16 a, MatrixTile16 b) => new()
    {
        A = Add(a.A, b.A),
        B = Add(a.B, b.B),
        C = Add(a.C, b.C),
        D = Add(a.D, b.D),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly MatrixTile16 Times(float factor) => Times(factor, factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly MatrixTile16 Times(float upper, float lower) =>
        new() { A = Times(A, upper, lower), B = Times(B, upper, lower), C = Times(C, upper, lower), D = Times(D, upper, lower) };

    /// <summary>2 to the power of each value minus its row's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly MatrixTile16 Exp2Minus(float upper, float lower) =>
        new()
        {
            A = Exp2Minus(A, upper, lower),
            B = Exp2Minus(B, upper, lower),
            C = Exp2Minus(C, upper, lower),
            D = Exp2Minus(D, upper, lower),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float UpperMax() => Max(Max(Max(A.X, A.Y), Max(B.X, B.Y)), Max(Max(C.X, C.Y), Max(D.X, D.Y)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float LowerMax() => Max(Max(Max(A.Z, A.W), Max(B.Z, B.W)), Max(Max(C.Z, C.W), Max(D.Z, D.W)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float UpperSum() => A.X + A.Y + (B.X + B.Y) + (C.X + C.Y + (D.X + D.Y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float LowerSum() => A.Z + A.W + (B.Z + B.W) + (C.Z + C.W + (D.Z + D.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats4 Add(Floats4 a, Floats4 b) => new() { X = a.X + b.X, Y = a.Y + b.Y, Z = a.Z + b.Z, W = a.W + b.W };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats4 Times(Floats4 a, float upper, float lower) => new()
    {
        X = a.X * upper,
        Y = a.Y * upper,
        Z = a.Z * lower,
        W = a.W * lower,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats4 Exp2Minus(Floats4 a, float upper, float lower) => new()
    {
        X = TensorCore.Exp2(a.X - upper),
        Y = TensorCore.Exp2(a.Y - upper),
        Z = TensorCore.Exp2(a.Z - lower),
        W = TensorCore.Exp2(a.W - lower),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Max(float a, float b) => IntrinsicMath.Max(a, b);
}

/// <summary>Weights, 16 k of 32 columns, as <see cref="TensorCore.MultiplyAddFloat16"/> takes them.</summary>
internal struct MatrixColumns
{
    /// <summary>Pieces of four 16-bit columns per k of a panel.</summary>
    public const int PiecesPerRow = WeightPanel.Width / 4;

    public Bits2 A, B, C, D;

    /// <summary>16-bit weights of four columns: k, k + 1, k + 8, k + 9.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MatrixColumns Load16(ArrayView<Bits2> panel, int k, int columns, int inFeatures) => new()
    {
        A = TensorCore.Load(ref panel[(k * PiecesPerRow) + columns], inFeatures - k),
        B = TensorCore.Load(ref panel[((k + 1) * PiecesPerRow) + columns], inFeatures - k - 1),
        C = TensorCore.Load(ref panel[((k + 8) * PiecesPerRow) + columns], inFeatures - k - 8),
        D = TensorCore.Load(ref panel[((k + 9) * PiecesPerRow) + columns], inFeatures - k - 9),
    };

    /// <summary>Pairs the two k of each column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MatrixColumns Unpack16(MatrixColumns read) => new()
    {
        A = new Bits2 { X = TensorCore.LowHalves(read.A.X, read.B.X), Y = TensorCore.LowHalves(read.C.X, read.D.X) },
        B = new Bits2 { X = TensorCore.HighHalves(read.A.X, read.B.X), Y = TensorCore.HighHalves(read.C.X, read.D.X) },
        C = new Bits2 { X = TensorCore.LowHalves(read.A.Y, read.B.Y), Y = TensorCore.LowHalves(read.C.Y, read.D.Y) },
        D = new Bits2 { X = TensorCore.HighHalves(read.A.Y, read.B.Y), Y = TensorCore.HighHalves(read.C.Y, read.D.Y) },
    };

    /// <summary>Joins two loads of 16 k and 16 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MatrixColumns Of(Bits4 left, Bits4 right) => new()
    {
        A = new Bits2 { X = left.X, Y = left.Y },
        B = new Bits2 { X = left.Z, Y = left.W },
        C = new Bits2 { X = right.X, Y = right.Y },
        D = new Bits2 { X = right.Z, Y = right.W },
    };
}
