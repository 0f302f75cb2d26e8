using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// Adds to the gradient of position embeddings <c>[1, 1 + from, hidden]</c> that were resized to the image's grid
/// <c>[1, 1 + to, hidden]</c>.
/// </summary>
internal sealed record PositionInterpolationBackwardNode(
    string Name, (int Height, int Width) From, (int Height, int Width) To, Value OutputGradient, Value Positions) : Node(Name)
{
    /// <inheritdoc/>
    public override string Operator => "PositionInterpolationBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [OutputGradient, Positions];

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [];

    /// <inheritdoc/>
    public override IEnumerable<Value> Writes => [Positions];

    /// <inheritdoc/>
    public override string Attributes => $"{From.Height}×{From.Width}→{To.Height}×{To.Width}";

    /// <inheritdoc/>
    public override void Run(Plan plan) => PositionInterpolationBackward.Run(
        plan.Device, plan.Floats(OutputGradient), plan.Floats(Positions), From.Height, From.Width, To.Height, To.Width,
            OutputGradient.Shape.Width);
}
