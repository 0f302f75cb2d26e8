using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>Zeros, for nodes that add to them.</summary>
internal sealed record ZerosNode(string Name, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "Zeros";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [];

    /// <inheritdoc/>
    public override void Run(Plan plan) => Elementwise.Fill(plan.Device, plan.Floats(Output), plan.Length(Output));
}
