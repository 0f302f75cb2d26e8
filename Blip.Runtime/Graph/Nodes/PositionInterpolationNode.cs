using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// Position embeddings for another grid, <c>[1, 1 + from, hidden]</c> → <c>[1, 1 + to, hidden]</c>: bicubic, a = -0.75, align_corners
/// false, class position untouched.
/// </summary>
internal sealed record PositionInterpolationNode(
    string Name, Value Positions, (int Height, int Width) From, (int Height, int Width) To, Value Output)
    : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "PositionInterpolation";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [Positions];

    /// <inheritdoc/>
    public override string Attributes => $"{From.Height}×{From.Width}→{To.Height}×{To.Width}";

    /// <inheritdoc/>
    public override void Run(Plan plan) => PositionInterpolation.Run(
        plan.Device, plan.Floats(Positions), plan.Floats(Output), From.Height, From.Width, To.Height, To.Width, Output.Shape.Width);
}
