using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>Eight lanes of 32 bits.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> left, Vector256<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> left, Vector256<float> right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> left, Vector256<float> right) => Vector256.Max(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Abs(Vector256<float> value) => Vector256.Abs(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ExpOfNegative(Vector256<float> value)
    {
        var n = Vector256.Round(value * SoftmaxExp.Log2E);
        var r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-SoftmaxExp.High), value);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-SoftmaxExp.Low), r);
        var p = Vector256.MultiplyAddEstimate(Vector256.Create(SoftmaxExp.P0), r, Vector256.Create(SoftmaxExp.P1));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(SoftmaxExp.P2));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(SoftmaxExp.P3));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(SoftmaxExp.P4));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(SoftmaxExp.P5));
        p = Vector256.MultiplyAddEstimate(p, r * r, r + Vector256<float>.One);
        var power = Vector256.ConvertToInt32Native(n) + Vector256.Create(127) << 23;
        // A comparison with NaN is false: a NaN stays one.
        return Vector256.ConditionalSelect(
            Vector256.LessThan(value, Vector256.Create(SoftmaxExp.Least)), Vector256<float>.Zero, p * power.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> value) => Vector256.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector256<float> value)
    {
        var m = Vector128.Max(value.GetLower(), value.GetUpper());
        m = Vector128.Max(m, Vector128.Shuffle(m, Vector128.Create(2, 3, 0, 1)));
        m = Vector128.Max(m, Vector128.Shuffle(m, Vector128.Create(1, 0, 3, 2)));
        return m.ToScalar();
    }
}
