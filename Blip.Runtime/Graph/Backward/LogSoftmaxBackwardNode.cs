using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradient of logits, from the logarithms of their probabilities, <c>Y</c> <c>[…, width]</c>.</summary>
internal sealed record LogSoftmaxBackwardNode(string Name, Value Y, Value OutputGradient, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "LogSoftmaxBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [Y, OutputGradient];

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 4 * sizes.Length(Output);

    /// <inheritdoc/>
    public override void Run(Plan plan) => LogSoftmaxBackward.Run(
        plan.Device, plan.Floats(Y), plan.Floats(OutputGradient), plan.Floats(Output), checked((int)plan.Rows(Y)), Y.Shape.Width);
}
