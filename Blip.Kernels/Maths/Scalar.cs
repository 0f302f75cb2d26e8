using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>One value, in operations that ILGPU compiles for every accelerator.</summary>
internal readonly struct Scalar(float value) : IReal<Scalar>
{
    private const uint SignBit = 0x80000000;

    public readonly float Value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar operator +(Scalar a, Scalar b) => new(a.Value + b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar operator -(Scalar a, Scalar b) => new(a.Value - b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar operator *(Scalar a, Scalar b) => new(a.Value * b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar operator /(Scalar a, Scalar b) => new(a.Value / b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar Create(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar MultiplyAdd(Scalar a, Scalar b, Scalar c) => new((a.Value * b.Value) + c.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar IfLess(Scalar a, Scalar b, Scalar then, Scalar otherwise) => new(a.Value < b.Value ? then.Value : otherwise.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar IfMore(Scalar a, Scalar b, Scalar then, Scalar otherwise) => new(a.Value > b.Value ? then.Value : otherwise.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar Abs(Scalar x) => new(Interop.IntAsFloat(Interop.FloatAsInt(x.Value) & ~SignBit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar CopySign(Scalar magnitude, Scalar sign) =>
        new(Interop.IntAsFloat(Interop.FloatAsInt(magnitude.Value) | (Interop.FloatAsInt(sign.Value) & SignBit)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar PowerOfTwo(Scalar n) => new(Interop.IntAsFloat(Interop.FloatAsInt(n.Value + Maths.ExponentToBits) << 23));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar Split(Scalar x, out Scalar exponent)
    {
        var bits = (int)Interop.FloatAsInt(x.Value);
        var power = (bits - Maths.SquareRootOfHalf) >> 23;
        exponent = new Scalar(power);
        return new Scalar(Interop.IntAsFloat((uint)(bits - (power << 23))));
    }
}
