using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>
/// Elementary functions in single precision, within 2 units in the last place over their whole range. Devices' functions
/// are missing (erf), coarse (tanh to 2⁻¹¹) or slow. Each is written once, for scalars and vectors.
/// Argument reduction follows Cody and Waite, Software Manual for the Elementary Functions (1980). The polynomials are
/// our minimax fits (Remez exchange); comments give their error relative to the result.
/// </summary>
internal static class Maths
{
    // Adding it rounds to a whole number in the low bits.
    private const float Rounder = 12582912f;

    // With the exponent's bias: the low bits are the exponent field of 2^n.
    public const float ExponentToBits = Rounder + 127f;

    // The bits of √½.
    public const int SquareRootOfHalf = 0x3F3504F3;

    // ln 2 in two parts. The first has 9 bits: its product with an exponent is exact.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f, Log2E = 1.44269504f;

    // Beyond these the result is 0 or infinite.
    private const float LeastExponent = -104f, MostExponent = 89f;

    private const float SmallestNormal = 1.17549435e-38f, TwoTo23 = 8388608f;

    private const float ErfSmall = 0.9f, ErfIsOne = 3.95f, TanhSmall = 0.6f;

    public static float Exp(float x) => Exp(new Scalar(x)).Value;

    /// <summary>NaN below 0, -∞ at 0.</summary>
    public static float Log(float x) => Log(new Scalar(x)).Value;

    /// <summary>2/√π · ∫₀ˣ exp(-t²) dt.</summary>
    public static float Erf(float x) => Erf(new Scalar(x)).Value;

    public static float Tanh(float x) => Tanh(new Scalar(x)).Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : unmanaged, IReal<T>
    {
        x = T.IfLess(x, T.Create(LeastExponent), T.Create(LeastExponent), x);
        x = T.IfMore(x, T.Create(MostExponent), T.Create(MostExponent), x);
        var n = Round(x * T.Create(Log2E));
        var r = T.MultiplyAdd(n, T.Create(-Ln2Low), T.MultiplyAdd(n, T.Create(-Ln2High), x));
        var exp = ExpOfRemainder(r);

        // In two steps: 2^n alone may overflow or underflow.
        var half = Round(n * T.Create(0.5f));
        return exp * T.PowerOfTwo(half) * T.PowerOfTwo(n - half);
    }

    // exp(r) = 1 + r + r² · P(r) for |r| ≤ ½ ln 2, to 2⁻²⁸.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T ExpOfRemainder<T>(T r)
        where T : unmanaged, IReal<T>
    {
        var p = T.Create(1.3814496e-3f);
        p = T.MultiplyAdd(p, r, T.Create(8.3687799e-3f));
        p = T.MultiplyAdd(p, r, T.Create(4.1668393e-2f));
        p = T.MultiplyAdd(p, r, T.Create(1.6666520e-1f));
        p = T.MultiplyAdd(p, r, T.Create(4.9999994e-1f));
        return T.MultiplyAdd(p, r * r, r) + T.Create(1f);
    }

    /// <summary>eˣ for x ≤ 0, in fewer operations; 0 below the smallest normal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpOfNegative<T>(T x)
        where T : unmanaged, IVector<T>
    {
        // 2^-127 is written as 0.
        x = T.Max(x, T.Create(-88f));
        var n = Round(x * T.Create(Log2E));
        var r = T.MultiplyAdd(n, T.Create(-Ln2Low), T.MultiplyAdd(n, T.Create(-Ln2High), x));
        return ExpOfRemainder(r) * T.PowerOfTwo(n);
    }

    /// <inheritdoc cref="Log(float)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Log<T>(T x)
        where T : unmanaged, IReal<T>
    {
        var smallest = T.Create(SmallestNormal);
        var zero = T.Create(0f);
        var m = T.Split(T.IfLess(x, smallest, x * T.Create(TwoTo23), x), out var exponent);
        exponent += T.IfLess(x, smallest, T.Create(-23f), zero);

        // log(1 + f) = f - f²/2 + f³ · P(f) for √½ ≤ 1 + f < √2, to 2⁻³⁰.
        var f = m - T.Create(1f);
        var p = T.Create(6.7472488e-2f);
        p = T.MultiplyAdd(p, f, T.Create(-1.1675908e-1f));
        p = T.MultiplyAdd(p, f, T.Create(1.1888034e-1f));
        p = T.MultiplyAdd(p, f, T.Create(-1.2405539e-1f));
        p = T.MultiplyAdd(p, f, T.Create(1.4219563e-1f));
        p = T.MultiplyAdd(p, f, T.Create(-1.6667999e-1f));
        p = T.MultiplyAdd(p, f, T.Create(2.0002118e-1f));
        p = T.MultiplyAdd(p, f, T.Create(-2.5000009e-1f));
        p = T.MultiplyAdd(p, f, T.Create(3.3333313e-1f));
        var square = f * f;
        var tail = T.MultiplyAdd(exponent, T.Create(Ln2Low), (p * f * square) - (square * T.Create(0.5f)));
        var log = T.MultiplyAdd(exponent, T.Create(Ln2High), f + tail);

        var infinity = T.Create(float.PositiveInfinity);
        log = T.IfLess(x, infinity, log, x);
        return T.IfLess(x, zero, T.Create(float.NaN), T.IfMore(x, zero, log, x - infinity));
    }

    /// <inheritdoc cref="Erf(float)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Erf<T>(T x)
        where T : unmanaged, IReal<T>
    {
        // erf(x) = x + x · P(x²) for |x| ≤ 0.9, to 2⁻³¹.
        var square = x * x;
        var p = T.Create(8.516771e-5f);
        p = T.MultiplyAdd(p, square, T.Create(-8.1766106e-4f));
        p = T.MultiplyAdd(p, square, T.Create(5.2039581e-3f));
        p = T.MultiplyAdd(p, square, T.Create(-2.6860557e-2f));
        p = T.MultiplyAdd(p, square, T.Create(1.1283717e-1f));
        p = T.MultiplyAdd(p, square, T.Create(-3.7612635e-1f));
        p = T.MultiplyAdd(p, square, T.Create(1.2837917e-1f));
        var small = T.MultiplyAdd(x, p, x);

        // erf(x) = 1 - exp(Q(x)) for 0.9 ≤ x ≤ 3.95, to 2⁻³⁴; 1 beyond.
        var magnitude = T.Abs(x);
        var clamped = T.IfMore(magnitude, T.Create(ErfIsOne), T.Create(ErfIsOne), magnitude);
        var q = T.Create(-2.0910398e-5f);
        q = T.MultiplyAdd(q, clamped, T.Create(4.3231266e-4f));
        q = T.MultiplyAdd(q, clamped, T.Create(-4.1605732e-3f));
        q = T.MultiplyAdd(q, clamped, T.Create(2.5091618e-2f));
        q = T.MultiplyAdd(q, clamped, T.Create(-1.0823680e-1f));
        q = T.MultiplyAdd(q, clamped, T.Create(-6.3338649e-1f));
        q = T.MultiplyAdd(q, clamped, T.Create(-1.1294953f));
        q = T.MultiplyAdd(q, clamped, T.Create(1.7056830e-4f));
        var large = T.CopySign(T.Create(1f) - Exp(q), x);
        return T.IfLess(magnitude, T.Create(ErfSmall), small, large);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x)
        where T : unmanaged, IReal<T>
    {
        // tanh(x) = x + x³ · P(x²) for |x| ≤ 0.6, to 2⁻²⁸.
        var square = x * x;
        var p = T.Create(-5.8951620e-3f);
        p = T.MultiplyAdd(p, square, T.Create(2.0795975e-2f));
        p = T.MultiplyAdd(p, square, T.Create(-5.3783830e-2f));
        p = T.MultiplyAdd(p, square, T.Create(1.3331924e-1f));
        p = T.MultiplyAdd(p, square, T.Create(-3.3333299e-1f));
        var small = T.MultiplyAdd(x * square, p, x);

        var magnitude = T.Abs(x);
        var large = T.Create(1f) - (T.Create(2f) / (Exp(magnitude + magnitude) + T.Create(1f)));
        return T.IfLess(magnitude, T.Create(TanhSmall), small, T.CopySign(large, x));
    }

    // Nearest, halves to even, for |x| < 2²².
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Round<T>(T x)
        where T : unmanaged, IReal<T> => x + T.Create(Rounder) - T.Create(Rounder);
}
