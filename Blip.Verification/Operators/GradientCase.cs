using Blip.Kernels;

namespace Blip.Verification.Operators;

/// <summary>
/// A case of an operator that computes another's gradient: checked against the gradient's formula in double, and that against slopes.
/// </summary>
/// <param name="operator">The operator's name in <see cref="OperatorCatalog"/>.</param>
/// <param name="name">The case, without the operator's name.</param>
/// <param name="format">How weights are stored.</param>
public abstract class GradientCase(string @operator, string name, DType format = DType.Float32) : OperatorCase(@operator, name, format)
{
    /// <summary>
    /// The gradient's formula in double beside the function whose gradient it is, one for each input that has a gradient.
    /// Empty where the case is too large, or where differences of its values say little.
    /// </summary>
    public abstract IEnumerable<Slope> Slopes { get; }

    // Sets one gradient apart from another: forward cases may differ in their epilogue alone, which their gradient does not know.
    private protected virtual object Key => ToString();

    // The gradients of one operator for some forward cases, each once.
    private protected static IEnumerable<TGradient> Of<TGradient>(IEnumerable<OperatorCase> forward)
        where TGradient : GradientCase => forward.SelectMany(one => one.Gradients).OfType<TGradient>().DistinctBy(one => one.Key);
}
