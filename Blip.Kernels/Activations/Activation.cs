using System.Diagnostics;
using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The element-wise function at the end of a linear layer. The GELUs: Hendrycks and Gimpel 2016, section 2.</summary>
public enum Activation
{
    /// <summary>x.</summary>
    None,

    /// <summary>x·Φ(x), exact: x/2·(1 + erf(x/√2)).</summary>
    Gelu,

    /// <summary>x·σ(1.702·x), the sigmoid approximation.</summary>
    QuickGelu,

    /// <summary>x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>tanh(x).</summary>
    Tanh,
}

/// <summary>Code that <see cref="ActivationFunctions.Use"/> calls with an activation's type.</summary>
internal interface IActivationUse
{
    void With<TActivation>()
        where TActivation : struct, IActivation;
}

/// <summary>The type of each <see cref="Activation"/>. A new activation needs a line in each of these tables.</summary>
internal static class ActivationFunctions
{
    /// <summary>Throws for an invalid value, since kernels cannot throw.</summary>
    public static void Check(Activation kind)
    {
        if (!Enum.IsDefined(kind))
            throw new ArgumentOutOfRangeException(nameof(kind), $"{(int)kind} is not an activation.");
    }

    /// <summary>On the host: calls <paramref name="use"/> with the activation's type.</summary>
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

    /// <summary>On the device, for another kernel's epilogue.</summary>
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

    /// <summary>On the device, for contiguous values. The choice stands outside the loops, so that compilers vectorize them.</summary>
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
