using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// A layer norm over the last dimension (Ba et al. 2016, eq. 4) in its producer's epilogue. Gain and bias are <c>[width]</c>.
/// </summary>
internal sealed record RowNorm(Value Gamma, Value Beta, float Epsilon);

/// <summary>
/// norm(act(x·Wᵀ + b) + residual), <c>[…, in]</c> → <c>[…, out]</c>: a Linear module, with the parts that
/// <see cref="Passes.EpilogueFusion"/> joined to it.
/// </summary>
internal sealed record LinearNode(string Name, Value X, Matrix Weight, Vector? Bias, Activation Activation, Value? Residual, Value Output)
    : ComputeNode(Name, Output)
{
    /// <summary>Normalises the result's rows; null for none.</summary>
    public RowNorm? Norm { get; init; }

    /// <inheritdoc/>
    public override string Operator => "Linear";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => new[] { X, Residual, Norm?.Gamma, Norm?.Beta }.OfType<Value>();

    /// <inheritdoc/>
    public override IEnumerable<Matrix> Matrices => [Weight];

    /// <inheritdoc/>
    public override IEnumerable<Vector> Vectors => Bias is null ? [] : [Bias];

    /// <inheritdoc/>
    public override string Attributes => $"{Weight.InFeatures}→{Weight.OutFeatures}"
        + (Activation == Activation.None ? "" : $", {Activation}") + (Residual is null ? "" : ", + residual")
            + (Norm is null ? "" : ", norm");

    /// <inheritdoc/>
    public override DType? InputFormat(Value input, GraphSizes sizes) =>
        input == Residual ? null : Gemm.InputFormat(sizes.Target, sizes.Format(Weight), Weight.InFeatures);

    /// <inheritdoc/>
    public override bool CanStore(Value output, DType format, GraphSizes sizes) =>
        Norm is null && Gemm.CanStore(sizes.Target, sizes.Format(Weight), Weight.OutFeatures, format);

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) =>
        (2 * sizes.Rows(X) * Weight.InFeatures * Weight.OutFeatures)
            + (Norm is null ? 0 : LayerNormNode.FlopsPerElement * sizes.Length(Output));

    /// <inheritdoc/>
    public override int Kernels(GraphSizes sizes) =>
        Norm is null || Gemm.FusesNorm(sizes.Target, sizes.Format(Weight), sizes.Rows(X)) ? 1 : 2;

    /// <inheritdoc/>
    public override void Run(Plan plan) => Gemm.Run(plan.Device, new GemmArgs
    {
        X = plan.Floats(X),
        XFormat = plan.Sizes.StoredAs(X),
        Weights = plan.Weights.Packed(Weight),
        Bias = Bias is null ? plan.Device.Empty<float>() : plan.Weights.Stacked(Bias),
        Residual = Residual is null ? plan.Device.Empty<float>() : plan.Floats(Residual),
        Activation = Activation,
        Gamma = Norm is null ? plan.Device.Empty<float>() : plan.Floats(Norm.Gamma),
        Beta = Norm is null ? plan.Device.Empty<float>() : plan.Floats(Norm.Beta),
        Epsilon = Norm?.Epsilon ?? 0,
        Y = plan.Floats(Output),
        YFormat = plan.Sizes.StoredAs(Output),
        Rows = checked((int)plan.Rows(X)),
    });
}
