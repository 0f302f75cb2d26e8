using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>a + b, element by element: a residual connection.</summary>
internal sealed record AddNode(string Name, Value A, Value B, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "Add";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [A, B];

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => sizes.Length(A);

    /// <inheritdoc/>
    public override void Run(Plan plan) =>
        Elementwise.Add(plan.Device, plan.Floats(A), plan.Floats(B), plan.Floats(Output), plan.Length(A));
}
