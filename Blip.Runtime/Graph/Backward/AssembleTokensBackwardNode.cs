using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// Gradients of embedded patches <c>[batch, patches, hidden]</c>, class token <c>[1, 1, hidden]</c> and positions
/// <c>[1, 1 + patches, hidden]</c>, from that of the tokens <c>[batch, 1 + patches, hidden]</c>. Unwanted ones are null. The last two are
/// added to.
/// </summary>
internal sealed record AssembleTokensBackwardNode(string Name, Value OutputGradient, Value? Patches, Value? ClassToken, Value? Positions)
    : Node(Name)
{
    /// <inheritdoc/>
    public override string Operator => "AssembleTokensBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => new[] { OutputGradient, ClassToken, Positions }.OfType<Value>();

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => Patches is null ? [] : [Patches];

    /// <inheritdoc/>
    public override IEnumerable<Value> Writes => new[] { ClassToken, Positions }.OfType<Value>();

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => sizes.Length(OutputGradient);

    /// <inheritdoc/>
    public override void Run(Plan plan) => AssembleTokensBackward.Run(
        plan.Device, plan.Floats(OutputGradient), View(plan, Patches), View(plan, ClassToken), View(plan, Positions),
        plan.Size(OutputGradient, 0), plan.Size(OutputGradient, 1) - 1, OutputGradient.Shape.Width);

    private static ILGPU.ArrayView<float> View(Plan plan, Value? value) => value is null ? plan.Device.Empty<float>() : plan.Floats(value);
}
