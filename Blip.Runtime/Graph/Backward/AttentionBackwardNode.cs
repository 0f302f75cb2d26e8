using Blip.Kernels;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// Gradients of an attention's inputs and of its softmax weights; unneeded ones are null. Columns of one value have one gradient. Softmax
/// weights are read where <c>Forward</c> shows them, else computed again.
/// </summary>
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
