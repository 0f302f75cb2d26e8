using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// The gradient of states <c>[rows, tokens, hidden]</c> of which each row's last token by <c>Lengths</c> <c>[rows]</c>, or its first for
/// null, was taken.
/// </summary>
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
