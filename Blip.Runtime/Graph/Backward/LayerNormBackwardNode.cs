using System.Globalization;
using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradient of a layer normalisation's input <c>X</c> <c>[…, width]</c>, with the gain <c>Gamma</c> <c>[width]</c>.</summary>
internal sealed record LayerNormBackwardNode(string Name, Value X, Value Gamma, float Epsilon, Value OutputGradient, Value Output)
    : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "LayerNormBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X, Gamma, OutputGradient];

    /// <inheritdoc/>
    public override string Attributes => string.Create(CultureInfo.InvariantCulture, $"eps={Epsilon}");

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 14 * sizes.Length(X);

    /// <inheritdoc/>
    public override void Run(Plan plan) => LayerNormBackward.Run(
        plan.Device, plan.Floats(X), plan.Floats(Gamma), plan.Floats(OutputGradient), plan.Floats(Output), checked((int)plan.Rows(X)),
            X.Shape.Width, Epsilon);
}
