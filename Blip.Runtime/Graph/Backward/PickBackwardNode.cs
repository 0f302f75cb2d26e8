using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradient of rows of which one element each was taken: zero but for that element.</summary>
/// <param name="Name">The module.</param>
/// <param name="Index">Which element of each row <c>[…]</c>.</param>
/// <param name="OutputGradient">Gradient of the elements <c>[…]</c>.</param>
/// <param name="Output">Gradient of the rows <c>[…, width]</c>.</param>
internal sealed record PickBackwardNode(string Name, Value Index, Value OutputGradient, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "PickBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [Index, OutputGradient];

    // A row is a sequence of tokens of one element, as in PickNode.
    /// <inheritdoc/>
    public override void Run(Plan plan) => SelectTokenBackward.Run(
        plan.Device, plan.Floats(OutputGradient), plan.Ints(Index), plan.Floats(Output), checked((int)plan.Rows(Output)), Output.Shape.Width,
        width: 1);
}
