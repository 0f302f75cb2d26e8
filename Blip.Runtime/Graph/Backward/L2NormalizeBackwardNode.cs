using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradient of rows <c>[…, width]</c> that were scaled to length one.</summary>
internal sealed record L2NormalizeBackwardNode(string Name, Value X, Value OutputGradient, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "L2NormalizeBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X, OutputGradient];

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 6 * sizes.Length(Output);

    /// <inheritdoc/>
    public override void Run(Plan plan) => L2NormalizeBackward.Run(
        plan.Device, plan.Floats(X), plan.Floats(OutputGradient), plan.Floats(Output), checked((int)plan.Rows(X)), X.Shape.Width);
}
