using System.Globalization;
using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// Adds to the gradients of a layer normalisation's gain and bias <c>[width]</c>, sample by sample of the input <c>X</c>
/// <c>[samples, …, width]</c>.
/// </summary>
internal sealed record LayerNormParameterBackwardNode(string Name, Value X, float Epsilon, Value OutputGradient, Value Gamma, Value Beta)
    : Node(Name)
{
    /// <inheritdoc/>
    public override string Operator => "LayerNormParameterBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X, OutputGradient, Gamma, Beta];

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [];

    /// <inheritdoc/>
    public override IEnumerable<Value> Writes => [Gamma, Beta];

    /// <inheritdoc/>
    public override string Attributes => string.Create(CultureInfo.InvariantCulture, $"eps={Epsilon}");

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 8 * sizes.Length(X);

    /// <inheritdoc/>
    public override void Run(Plan plan)
    {
        var rows = checked((int)plan.Rows(X));
        LayerNormParameterBackward.Run(
            plan.Device, plan.Floats(X), plan.Floats(OutputGradient), plan.Floats(Gamma), plan.Floats(Beta),
            rows, rows / plan.Size(X, 0), X.Shape.Width, Epsilon);
    }
}
