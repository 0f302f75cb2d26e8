using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradient of an activation's input.</summary>
/// <param name="Name">The module.</param>
/// <param name="X">The activation's inputs.</param>
/// <param name="Activation">Which one.</param>
/// <param name="OutputGradient">Gradient of its result, of the same shape.</param>
/// <param name="Output">Gradient of X.</param>
internal sealed record ActivationBackwardNode(string Name, Value X, Activation Activation, Value OutputGradient, Value Output) : ComputeNode(Name, Output)
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
