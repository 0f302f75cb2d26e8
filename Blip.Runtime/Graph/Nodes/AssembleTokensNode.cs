using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>Class token in front, positions added (Dosovitskiy et al. 2021, eq. 1).</summary>
/// <param name="Name">The module.</param>
/// <param name="Patches">Embedded patches <c>[batch, patches, hidden]</c>.</param>
/// <param name="ClassToken">The class embedding <c>[1, 1, hidden]</c>.</param>
/// <param name="Positions">Position embeddings <c>[1, 1 + patches, hidden]</c>.</param>
/// <param name="Output">Tokens <c>[batch, 1 + patches, hidden]</c>.</param>
internal sealed record AssembleTokensNode(string Name, Value Patches, Value ClassToken, Value Positions, Value Output) : ComputeNode(Name, Output)
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
