using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>The activations in double precision: what the variants are compared with.</summary>
public static class ActivationsReference
{
    /// <summary>The function of one value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The function is not one that exists.</exception>
    public static double Apply(double x, Activation kind) => kind switch
    {
        Activation.None => x,
        Activation.Gelu => x * 0.5 * (1 + MathsReference.Erf(x * Math.Sqrt(0.5))),
        Activation.QuickGelu => x * (1 / (1 + Math.Exp(-1.702 * x))),
        Activation.GeluTanh => x * 0.5 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        Activation.Relu => double.IsNaN(x) ? x : Math.Max(x, 0),
        Activation.Tanh => Math.Tanh(x),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This is not an activation."),
    };
}
