using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// Puts the class token <c>[1, 1, hidden]</c> before patches <c>[batch, patches, hidden]</c> and adds positions
/// <c>[1, 1 + patches, hidden]</c> (Dosovitskiy et al. 2021, eq. 1).
/// </summary>
internal sealed record AssembleTokensNode(string Name, Value Patches, Value ClassToken, Value Positions, Value Output)
    : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "AssembleTokens";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [Patches, ClassToken, Positions];

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => sizes.Length(Output);

    /// <inheritdoc/>
    public override void Run(Plan plan) => AssembleTokens.Run(
        plan.Device, plan.Floats(Patches), plan.Floats(ClassToken), plan.Floats(Positions), plan.Floats(Output),
        plan.Size(Patches, 0), plan.Size(Patches, 1), Output.Shape.Width);
}
