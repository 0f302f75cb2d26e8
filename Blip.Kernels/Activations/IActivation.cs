using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>An activation function, for one value and for vectors. The formulas stand at <see cref="Activation"/>.</summary>
internal interface IActivation
{
    /// <summary>The function of every lane.</summary>
    static abstract T Apply<T>(T x)
        where T : unmanaged, IReal<T>;
}

/// <summary><see cref="Activation.None"/>.</summary>
internal readonly struct Identity : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T> => x;
}

/// <summary><see cref="Activation.Gelu"/>.</summary>
internal readonly struct Gelu : IActivation
{
    private const float SquareRootOfHalf = 0.70710678f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T> => x * T.Create(0.5f) * (T.Create(1f) + Maths.Erf(x * T.Create(SquareRootOfHalf)));
}

/// <summary><see cref="Activation.QuickGelu"/>.</summary>
internal readonly struct QuickGelu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T>
    {
        // x / (1 + ∞) is 0 for every finite x, but -∞ / ∞ is NaN: the same as of -∞ · σ(-∞) in the reference.
        var one = T.Create(1f);
        return x * (one / (one + Maths.Exp(x * T.Create(-1.702f))));
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
}

/// <summary><see cref="Activation.Relu"/>.</summary>
internal readonly struct Relu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T> => T.IfLess(x, T.Create(0f), T.Create(0f), x);
}

/// <summary><see cref="Activation.Tanh"/>.</summary>
internal readonly struct Tanh : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x)
        where T : unmanaged, IReal<T> => Maths.Tanh(x);
}
