using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// One layer of attention rollout (Abnar and Zuidema 2020, section 3) from softmax weights <c>[rows, heads, tokens, tokens]</c>.
/// <c>Before</c> is the rollout of earlier layers <c>[rows, tokens, tokens]</c>; null for none.
/// </summary>
internal sealed record AttentionRolloutNode(string Name, Value Probabilities, Value? Before, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "AttentionRollout";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => Before is null ? [Probabilities] : [Probabilities, Before];

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => sizes.Length(Probabilities) + (2 * sizes.Length(Output) * sizes.Size(Output, 1));

    /// <inheritdoc/>
    public override void Run(Plan plan) => AttentionRollout.Run(
        plan.Device, plan.Floats(Probabilities), Before is null ? default : plan.Floats(Before), plan.Floats(Output),
        plan.Size(Output, 0), plan.Size(Probabilities, 1), plan.Size(Output, 1));
}
