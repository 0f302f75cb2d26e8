using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>act(x·Wᵀ + b) + residual: a Linear module, with what <see cref="Passes.EpilogueFusion"/> put behind it.</summary>
/// <param name="Name">The module.</param>
/// <param name="X">Input <c>[…, in]</c>.</param>
/// <param name="Weight">The matrix.</param>
/// <param name="Bias">The bias; null for none.</param>
/// <param name="Activation">Applied to the sum.</param>
/// <param name="Residual">Added at the end <c>[…, out]</c>; null for none.</param>
/// <param name="Output">Result <c>[…, out]</c>.</param>
public sealed record LinearNode(string Name, Value X, Matrix Weight, Vector? Bias, Activation Activation, Value? Residual, Value Output)
    : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "Linear";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => Residual is null ? [X] : [X, Residual];

    /// <inheritdoc/>
    public override IEnumerable<Matrix> Matrices => [Weight];

    /// <inheritdoc/>
    public override IEnumerable<Vector> Vectors => Bias is null ? [] : [Bias];

    /// <inheritdoc/>
    public override string Attributes => $"{Weight.InFeatures}→{Weight.OutFeatures}"
        + (Activation == Activation.None ? "" : $", {Activation}") + (Residual is null ? "" : ", + residual");

    /// <inheritdoc/>
    public override WeightFormat? Rounds(Value input, GraphSizes sizes) =>
        input == Residual ? null : Gemm.Rounds(sizes.Target, sizes.Format(Weight), Weight.InFeatures);

    /// <inheritdoc/>
    public override bool Stores(Value output, WeightFormat format, GraphSizes sizes) => Gemm.Stores(sizes.Target, sizes.Format(Weight), Weight.OutFeatures, format);

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 2 * sizes.Rows(X) * Weight.InFeatures * Weight.OutFeatures;

    /// <inheritdoc/>
    public override void Run(Plan plan) => Gemm.Run(plan.Device, new GemmArgs
    {
        X = plan.Floats(X),
        XFormat = plan.Sizes.StoredAs(X),
        Weights = plan.Weights.Packed(Weight),
        Bias = Bias is null ? plan.Device.Empty<float>() : plan.Weights.Stacked(Bias),
        Residual = Residual is null ? plan.Device.Empty<float>() : plan.Floats(Residual),
        Activation = Activation,
        Y = plan.Floats(Output),
        YFormat = plan.Sizes.StoredAs(Output),
        Rows = checked((int)plan.Rows(X)),
    });
}
