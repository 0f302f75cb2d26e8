using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// The softmax cross-entropy of logits <c>[…, classes]</c> with label smoothing (Szegedy et al. 2016, section 7). The gradient of the
/// losses' sum overwrites the logits, which are as wide as a vocabulary. Labels, weights and weighted losses are <c>[…]</c>; weight 0
/// leaves a row out.
/// </summary>
internal sealed record CrossEntropyNode(
    string Name, Value Logits, Value Labels, Value Weights, float LabelSmoothing, Value Losses, Value Output)
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
