using Blip.Kernels;

namespace Blip.Verification.Operators;

/// <summary>A gradient's case: checked against the formula in double, and this against slopes.</summary>
/// <param name="operator">Its name in <see cref="OperatorCatalog"/>.</param>
/// <param name="name">The case's name.</param>
/// <param name="format">The weights' format.</param>
public abstract class GradientCase(string @operator, string name, DType format = DType.Float32) : OperatorCase(@operator, name, format)
{
    /// <summary>
    /// The formula in double and its function, per input with a gradient. Empty for large cases, or where differences say little.
    /// </summary>
    public abstract IEnumerable<Slope> Slopes { get; }

    // Identifies a gradient: forward cases may differ only in an epilogue, which it ignores.
    private protected virtual object Key => ToString();

    // The distinct gradients of forward cases.
    private protected static IEnumerable<TGradient> Of<TGradient>(IEnumerable<OperatorCase> forward)
        where TGradient : GradientCase => forward.SelectMany(one => one.Gradients).OfType<TGradient>().DistinctBy(one => one.Key);
}
