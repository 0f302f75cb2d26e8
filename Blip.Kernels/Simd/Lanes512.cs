using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>Sixteen lanes of 32 bits.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> left, Vector512<float> right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> left, Vector512<float> right) => Vector512.Max(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Abs(Vector512<float> value) => Vector512.Abs(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpOfNegative(Vector512<float> value)
    {
        var n = Vector512.Round(value * SoftmaxExp.Log2E);
        var r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-SoftmaxExp.High), value);
        r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-SoftmaxExp.Low), r);
        var p = Vector512.MultiplyAddEstimate(Vector512.Create(SoftmaxExp.P0), r, Vector512.Create(SoftmaxExp.P1));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(SoftmaxExp.P2));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(SoftmaxExp.P3));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(SoftmaxExp.P4));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(SoftmaxExp.P5));
        p = Vector512.MultiplyAddEstimate(p, r * r, r + Vector512<float>.One);
        var power = Vector512.ConvertToInt32Native(n) + Vector512.Create(127) << 23;
        // A comparison with NaN is false: a NaN stays one.
        return Vector512.ConditionalSelect(
            Vector512.LessThan(value, Vector512.Create(SoftmaxExp.Least)), Vector512<float>.Zero, p * power.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> value) => Vector512.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> value)
    {
        var half = Vector256.Max(value.GetLower(), value.GetUpper());
        return Lanes256.Largest(half);
    }
}
