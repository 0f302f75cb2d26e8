using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradient of the states of which one token of each row was taken.</summary>
/// <param name="Name">The module.</param>
/// <param name="Lengths">Tokens of each row <c>[rows]</c>, of which the last was taken; null for the first.</param>
/// <param name="OutputGradient">Gradient of the taken rows <c>[rows, hidden]</c>.</param>
/// <param name="Output">Gradient of the states <c>[rows, tokens, hidden]</c>.</param>
internal sealed record SelectTokenBackwardNode(string Name, Value? Lengths, Value OutputGradient, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "SelectTokenBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => Lengths is null ? [OutputGradient] : [OutputGradient, Lengths];

    /// <inheritdoc/>
    public override void Run(Plan plan) => SelectTokenBackward.Run(
        plan.Device, plan.Floats(OutputGradient), Lengths is null ? plan.Device.Empty<int>() : plan.Ints(Lengths), plan.Floats(Output),
        plan.Size(Output, 0), plan.Size(Output, 1), Output.Shape.Width, offset: Lengths is null ? 0 : -1);
}
