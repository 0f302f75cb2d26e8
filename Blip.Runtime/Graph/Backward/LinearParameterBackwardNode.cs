using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// Adds to the gradients of a Linear module's weight, Xᵀ·dY <c>[in, out]</c>, and bias, the sum of dY's rows <c>[out]</c>, sample by
/// sample. X is <c>[samples, …, in]</c>, dY <c>[samples, …, out]</c>. Untrained parameters are null. <c>Precision</c> is the operands'
/// format.
/// </summary>
internal sealed record LinearParameterBackwardNode(string Name, Value X, Value OutputGradient, Value? Weight, Value? Bias, DType Precision)
    : Node(Name)
{
    /// <inheritdoc/>
    public override string Operator => "LinearParameterBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => new[] { X, OutputGradient, Weight, Bias }.OfType<Value>();

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [];

    /// <inheritdoc/>
    public override IEnumerable<Value> Writes => new[] { Weight, Bias }.OfType<Value>();

    /// <inheritdoc/>
    public override string Attributes =>
        $"{X.Shape.Width}×{OutputGradient.Shape.Width}{(Precision == DType.Float32 ? "" : $", {Precision}")}";

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => Weight is null ? 0 : 2 * sizes.Length(X) * OutputGradient.Shape.Width;

    /// <inheritdoc/>
    public override void Run(Plan plan) => GemmWeightBackward.Run(plan.Device, new GemmWeightBackwardArgs
    {
        X = plan.Floats(X),
        OutputGradient = plan.Floats(OutputGradient),
        WeightGradient = Weight is null ? default : plan.Floats(Weight),
        BiasGradient = Bias is null ? default : plan.Floats(Bias),
        Rows = checked((int)plan.Rows(X)),
        SliceRows = checked((int)plan.Rows(X)) / plan.Size(X, 0),
        InFeatures = X.Shape.Width,
        OutFeatures = OutputGradient.Shape.Width,
        Precision = Precision,
    });
}
