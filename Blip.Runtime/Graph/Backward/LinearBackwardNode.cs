using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// The gradient of a Linear module's input <c>[…, in]</c>: dY·W, where dY is <c>[…, out]</c>. <c>Precision</c> is the operands' format.
/// </summary>
internal sealed record LinearBackwardNode(string Name, Matrix Weight, Value OutputGradient, DType Precision, Value Output)
    : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "LinearBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [OutputGradient];

    /// <inheritdoc/>
    public override IEnumerable<Matrix> Matrices => [Weight];

    /// <inheritdoc/>
    public override string Attributes => $"{Weight.OutFeatures}→{Weight.InFeatures}{(Precision == DType.Float32 ? "" : $", {Precision}")}";

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 2 * sizes.Rows(Output) * Weight.InFeatures * Weight.OutFeatures;

    /// <inheritdoc/>
    public override void Run(Plan plan) => GemmBackward.Run(plan.Device, new GemmBackwardArgs
    {
        OutputGradient = plan.Floats(OutputGradient),
        Weights = plan.Weights.Packed(Weight),
        InputGradient = plan.Floats(Output),
        Rows = checked((int)plan.Rows(Output)),
        Precision = Precision,
    });
}
