using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradients of a Linear module's weight and bias: Xᵀ·dY and the sum of dY's rows, sample by sample.</summary>
/// <param name="Name">The module.</param>
/// <param name="X">Its input <c>[samples, …, in]</c>.</param>
/// <param name="OutputGradient">Gradient of its output <c>[samples, …, out]</c>.</param>
/// <param name="Weight">Gradient of the weight <c>[in, out]</c>, added to; null where it is not trained.</param>
/// <param name="Bias">Gradient of the bias <c>[out]</c>, added to; null where there is none, or it is not trained.</param>
/// <param name="Precision">The format of the product's operands.</param>
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
