using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>Position embeddings for another grid: bicubic, a = -0.75, align_corners false, class position untouched.</summary>
/// <param name="Name">The module.</param>
/// <param name="Positions">Position embeddings <c>[1, 1 + from, hidden]</c>.</param>
/// <param name="From">The checkpoint's grid.</param>
/// <param name="To">The image's grid.</param>
/// <param name="Output">Position embeddings <c>[1, 1 + to, hidden]</c>.</param>
internal sealed record PositionInterpolationNode(string Name, Value Positions, (int Height, int Width) From, (int Height, int Width) To, Value Output)
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
