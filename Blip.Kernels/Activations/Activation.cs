using System.Diagnostics;
using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The element-wise function at the end of a linear layer.</summary>
public enum Activation
{
    /// <summary>x.</summary>
    None,

    /// <summary>x·Φ(x) with the exact normal distribution function: x/2·(1 + erf(x/√2)) (Hendrycks and Gimpel 2016, section 2).</summary>
    Gelu,

    /// <summary>x·σ(1.702·x), the sigmoid approximation (Hendrycks and Gimpel 2016, section 2).</summary>
    QuickGelu,

    /// <summary>x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))) (Hendrycks and Gimpel 2016, section 2).</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>tanh(x).</summary>
    Tanh,
}

/// <summary>Code that is generic over the function; <see cref="ActivationFunctions.Use"/> gives it the type.</summary>
internal interface IActivationUse
{
    /// <summary>Runs with one function.</summary>
    void With<TActivation>()
        where TActivation : struct, IActivation;
}

/// <summary>
/// The function of each <see cref="Activation"/>. Nothing else chooses one by its member: a new one has a line in each of these tables.
/// </summary>
internal static class ActivationFunctions
{
    /// <summary>Refuses a value that is not a member. Every door calls it, because a kernel cannot throw.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public static void Check(Activation kind)
    {
        if (!Enum.IsDefined(kind))
            throw new ArgumentOutOfRangeException(nameof(kind), $"{(int)kind} is not an activation.");
    }

    /// <summary>On the host: calls <paramref name="use"/> with the type of a function.</summary>
    /// <exception cref="UnreachableException">There is no such function.</exception>
    public static void Use<TUse>(Activation kind, TUse use)
        where TUse : struct, IActivationUse, allows ref struct
    {
        switch (kind)
        {
            case Activation.None: use.With<Identity>(); break;
            case Activation.Gelu: use.With<Gelu>(); break;
            case Activation.QuickGelu: use.With<QuickGelu>(); break;
            case Activation.GeluTanh: use.With<GeluTanh>(); break;
            case Activation.Relu: use.With<Relu>(); break;
            case Activation.Tanh: use.With<Tanh>(); break;
            default: throw new UnreachableException($"There is no function for the activation {kind}.");
        }
    }

    /// <summary>On the device: the function of one value, for the epilogue of another kernel.</summary>
    public static float Apply(float x, int kind) => (Activation)kind switch
    {
        Activation.Gelu => Gelu.Apply(new Scalar(x)).Value,
        Activation.QuickGelu => QuickGelu.Apply(new Scalar(x)).Value,
        Activation.GeluTanh => GeluTanh.Apply(new Scalar(x)).Value,
        Activation.Relu => Relu.Apply(new Scalar(x)).Value,
        Activation.Tanh => Tanh.Apply(new Scalar(x)).Value,
        // None: a kernel cannot throw.
        _ => x,
    };

    /// <summary>
    /// On the device: the function of each of some values that lie side by side. The choice stands before the loops, so that a compiler
    /// makes vectors of them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ApplyAll(ArrayView<float> values, int count, int kind)
    {
        if (kind == (int)Activation.Gelu)
            ApplyAll<Gelu>(values, count);
        else if (kind == (int)Activation.QuickGelu)
            ApplyAll<QuickGelu>(values, count);
        else if (kind == (int)Activation.GeluTanh)
            ApplyAll<GeluTanh>(values, count);
        else if (kind == (int)Activation.Relu)
            ApplyAll<Relu>(values, count);
        else if (kind == (int)Activation.Tanh)
            ApplyAll<Tanh>(values, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ApplyAll<TActivation>(ArrayView<float> values, int count)
        where TActivation : struct, IActivation
    {
        for (var i = 0; i < count; i++)
            values[i] = TActivation.Apply(new Scalar(values[i])).Value;
    }
}
