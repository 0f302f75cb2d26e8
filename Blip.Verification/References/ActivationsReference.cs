using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>The activations in double.</summary>
public static class ActivationsReference
{
    /// <summary>The function's value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The function is unknown.</exception>
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

internal static class ActivationsBackwardReference
{
    /// <summary>f'(x).</summary>
    public static double Derivative(double x, Activation kind)
    {
        switch (kind)
        {
            case Activation.Gelu:
                return (0.5 * (1 + MathsReference.Erf(x * Math.Sqrt(0.5))))
                    + (Math.Abs(x) > 50 ? 0 : x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
            case Activation.QuickGelu:
                var sigmoid = 1 / (1 + Math.Exp(-1.702 * x));
                return Math.Abs(x) > 400 ? sigmoid : sigmoid * (1 + (1.702 * x / (1 + Math.Exp(1.702 * x))));
            case Activation.GeluTanh:
                if (Math.Abs(x) > 50)
                    return x > 0 ? 1 : 0;
                var tanh = Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)));
                return 0.5 * (1 + tanh + (x * (1 - (tanh * tanh)) * Math.Sqrt(2 / Math.PI) * (1 + (3 * 0.044715 * x * x))));
            case Activation.Relu:
                return x > 0 ? 1 : 0;
            case Activation.Tanh:
                var t = Math.Tanh(x);
                return 1 - (t * t);
            case Activation.None:
                return 1;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "This is not an activation.");
        }
    }
}
