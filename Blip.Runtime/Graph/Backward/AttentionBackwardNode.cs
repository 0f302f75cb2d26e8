using Blip.Kernels;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradients of an attention's inputs, and of its softmax weights.</summary>
/// <param name="Name">The module.</param>
/// <param name="Forward">The attention. Where it shows its softmax weights they are read, else they are computed again.</param>
/// <param name="OutputGradient">Gradient of its result.</param>
/// <param name="Query">Gradient of the value that holds the queries; null where it is not needed.</param>
/// <param name="Key">The same for the keys; the same value where they lie in one.</param>
/// <param name="Value">The same for the values.</param>
/// <param name="Probabilities">Gradient of the softmax weights; null where it is not needed.</param>
internal sealed record AttentionBackwardNode(
    string Name, AttentionNode Forward, Value OutputGradient, Value? Query, Value? Key, Value? Value, Value? Probabilities) : Node(Name)
{
    /// <inheritdoc/>
    public override string Operator => "AttentionBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs =>
        Forward.Inputs.Concat(new[] { Forward.Probabilities, OutputGradient }.OfType<Value>()).Distinct();

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => new[] { Query, Key, Value, Probabilities }.OfType<Value>().Distinct();

    /// <inheritdoc/>
    public override string Attributes => Forward.Attributes;

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) =>
        (Forward.Probabilities is null ? 10 : 8) * sizes.Length(Forward.Output) * sizes.Size(Forward.Spec.Key.Value, 1);

    /// <inheritdoc/>
    public override void Run(Plan plan) => AttentionBackward.Run(plan.Device, new AttentionBackwardArgs
    {
        Forward = Forward.Args(plan),
        OutputGradient = plan.Floats(OutputGradient),
        QueryGradient = Query is null ? default : plan.Floats(Query),
        KeyGradient = Key is null ? default : plan.Floats(Key),
        ValueGradient = Value is null ? default : plan.Floats(Value),
        ProbabilityGradient = Probabilities is null ? default : plan.Floats(Probabilities),
    });
}
