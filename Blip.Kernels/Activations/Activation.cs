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
