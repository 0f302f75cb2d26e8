using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>An activation, element by element.</summary>
internal sealed record ActivationNode(string Name, Value X, Activation Activation, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "Activation";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X];

    /// <inheritdoc/>
    public override string Attributes => Activation.ToString();

    /// <inheritdoc/>
    public override void Run(Plan plan) => Activations.Run(plan.Device, plan.Floats(X), plan.Floats(Output), plan.Length(X), Activation);
}
