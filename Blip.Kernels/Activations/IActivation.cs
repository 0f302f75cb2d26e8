using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>An activation for scalars and vectors; formulas at <see cref="Activation"/>.</summary>
internal interface IActivation
{
    static abstract T Apply<T>(T x)
        where T : unmanaged, IReal<T>;

    static abstract T Derivative<T>(T x)
        where T : unmanaged, IReal<T>;
}

/// <summary><see cref="Activation.None"/>.</summary>
internal readonly struct Identity : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T x)
        where T : unmanaged, IReal<T> => T.Create(1f);
}

/// <summary><see cref="Activation.Gelu"/>.</summary>
internal readonly struct Gelu : IActivation
{
    private const float SquareRootOfHalf = 0.70710678f, InverseRootOfTwoPi = 0.39894228f, MostDensity = 14f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T> => x * T.Create(0.5f) * (T.Create(1f) + Maths.Erf(x * T.Create(SquareRootOfHalf)));

    /// <summary>Φ(x) + x·φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T x)
        where T : unmanaged, IReal<T>
    {
        var distribution = T.Create(0.5f) * (T.Create(1f) + Maths.Erf(x * T.Create(SquareRootOfHalf)));
        // Where the density is 0 in float, its product with x must be 0 even if x² is infinite.
        var near = T.IfLess(T.Abs(x), T.Create(MostDensity), x, T.Create(MostDensity));
        return distribution + (near * T.Create(InverseRootOfTwoPi) * Maths.Exp(near * near * T.Create(-0.5f)));
    }
}

/// <summary><see cref="Activation.QuickGelu"/>.</summary>
internal readonly struct QuickGelu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T>
    {
        // x / (1 + ∞) is 0 for every finite x. -∞ / ∞ is NaN, as in the reference.
        var one = T.Create(1f);
        return x * (one / (one + Maths.Exp(x * T.Create(-1.702f))));
    }

    /// <summary>σ(1.702·x) · (1 + 1.702·x · (1 - σ(1.702·x))).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T x)
        where T : unmanaged, IReal<T>
    {
        var one = T.Create(1f);
        var z = x * T.Create(1.702f);
        // 1 - σ(z) = σ(-z), which stays accurate where σ is near 1.
        return one / (one + Maths.Exp(T.Create(0f) - z)) * (one + (z * (one / (one + Maths.Exp(z)))));
    }
}

/// <summary><see cref="Activation.GeluTanh"/>.</summary>
internal readonly struct GeluTanh : IActivation
{
    private const float SquareRootOfTwoByPi = 0.79788456f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T>
    {
        var cubic = T.MultiplyAdd(T.Create(0.044715f) * x * x, x, x);
        return x * T.Create(0.5f) * (T.Create(1f) + Maths.Tanh(cubic * T.Create(SquareRootOfTwoByPi)));
    }

    /// <summary>(1 + t)/2 + x/2 · (1 - t²) · √(2/π) · (1 + 3 · 0.044715·x²), t the tanh of the function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T x)
        where T : unmanaged, IReal<T>
    {
        // Beyond 12 the tanh is ±1 and only the cube grows.
        x = T.IfMore(T.Abs(x), T.Create(12f), T.CopySign(T.Create(12f), x), x);
        var (one, square) = (T.Create(1f), x * x);
        var t = Maths.Tanh(T.MultiplyAdd(T.Create(0.044715f) * square, x, x) * T.Create(SquareRootOfTwoByPi));
        var slope = T.Create(SquareRootOfTwoByPi) * T.MultiplyAdd(T.Create(3 * 0.044715f), square, one);
        return T.Create(0.5f) * ((one + t) + (x * (one - t) * (one + t) * slope));
    }
}

/// <summary><see cref="Activation.Relu"/>.</summary>
internal readonly struct Relu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T> => T.IfLess(x, T.Create(0f), T.Create(0f), x);

    /// <summary>1 above 0; 0 at 0, by convention.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T x)
        where T : unmanaged, IReal<T> => T.IfMore(x, T.Create(0f), T.Create(1f), T.Create(0f));
}

/// <summary><see cref="Activation.Tanh"/>.</summary>
internal readonly struct Tanh : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T> => Maths.Tanh(x);

    /// <summary>1 - tanh²(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T x)
        where T : unmanaged, IReal<T>
    {
        var t = Maths.Tanh(x);
        return (T.Create(1f) - t) * (T.Create(1f) + t);
    }
}
