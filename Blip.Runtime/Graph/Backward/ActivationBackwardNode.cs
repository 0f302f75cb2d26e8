using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradient of an activation's input, of the same shape.</summary>
internal sealed record ActivationBackwardNode(string Name, Value X, Activation Activation, Value OutputGradient, Value Output)
    : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "ActivationBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X, OutputGradient];

    /// <inheritdoc/>
    public override string Attributes => Activation.ToString();

    /// <inheritdoc/>
    public override void Run(Plan plan) => ActivationsBackward.Run(
        plan.Device, plan.Floats(X), plan.Floats(OutputGradient), plan.Floats(Output), plan.Length(X), Activation);
}
