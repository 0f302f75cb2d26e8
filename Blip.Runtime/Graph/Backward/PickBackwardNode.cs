using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradient of rows <c>[…, width]</c> of which <c>Index</c> <c>[…]</c> took one element each: zero elsewhere.</summary>
internal sealed record PickBackwardNode(string Name, Value Index, Value OutputGradient, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "PickBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [Index, OutputGradient];

    // A row is a sequence of one-element tokens, as in PickNode.
    /// <inheritdoc/>
    public override void Run(Plan plan) => SelectTokenBackward.Run(
        plan.Device, plan.Floats(OutputGradient), plan.Ints(Index), plan.Floats(Output), checked((int)plan.Rows(Output)),
            Output.Shape.Width,
        width: 1);
}
