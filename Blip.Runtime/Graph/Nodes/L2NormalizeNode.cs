using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>Scales each row of <c>[…, width]</c> to length one, so that a dot product is a cosine.</summary>
internal sealed record L2NormalizeNode(string Name, Value X, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "L2Normalize";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X];

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 3 * sizes.Length(X);

    /// <inheritdoc/>
    public override void Run(Plan plan) =>
        L2Normalize.Run(plan.Device, plan.Floats(X), plan.Floats(Output), checked((int)plan.Rows(X)), X.Shape.Width);
}
