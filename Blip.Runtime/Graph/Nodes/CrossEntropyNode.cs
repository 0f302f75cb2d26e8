using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// The softmax cross-entropy of logits with label smoothing (Szegedy et al. 2016, section 7), and its gradient in the place of the logits:
/// there is no second copy of a vocabulary's width.
/// </summary>
/// <param name="Name">The module.</param>
/// <param name="Logits">Logits <c>[…, classes]</c>, which are gone afterwards.</param>
/// <param name="Labels">The class of each row <c>[…]</c>.</param>
/// <param name="Weights">The weight of each row <c>[…]</c>; 0 leaves it out.</param>
/// <param name="LabelSmoothing">The share of a target that is spread over all classes.</param>
/// <param name="Losses">Weighted losses <c>[…]</c>.</param>
/// <param name="Output">Gradient of their sum with respect to the logits.</param>
internal sealed record CrossEntropyNode(string Name, Value Logits, Value Labels, Value Weights, float LabelSmoothing, Value Losses, Value Output)
    : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "CrossEntropy";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [Logits, Labels, Weights];

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [Output, Losses];

    /// <inheritdoc/>
    public override (Value Input, Value Output)? Overwrites => (Logits, Output);

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 8 * sizes.Length(Logits);

    /// <inheritdoc/>
    public override void Run(Plan plan) => CrossEntropy.Run(plan.Device, new CrossEntropyArgs
    {
        Logits = plan.Floats(Logits),
        Labels = plan.Ints(Labels),
        RowWeights = plan.Floats(Weights),
        LabelSmoothing = LabelSmoothing,
        Losses = plan.Floats(Losses),
        Gradient = plan.Floats(Output),
        Rows = checked((int)plan.Rows(Logits)),
        Classes = Logits.Shape.Width,
    });
}
