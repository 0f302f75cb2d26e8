using System.Globalization;
using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// Layer normalisation of <c>[…, width]</c> over the last dimension (Ba et al. 2016, eq. 4). Gain and bias are <c>[width]</c>.
/// </summary>
internal sealed record LayerNormNode(string Name, Value X, Value Gamma, Value Beta, float Epsilon, Value Output) : ComputeNode(Name, Output)
{
    internal const int FlopsPerElement = 8;

    /// <inheritdoc/>
    public override string Operator => "LayerNorm";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X, Gamma, Beta];

    /// <inheritdoc/>
    public override string Attributes => string.Create(CultureInfo.InvariantCulture, $"eps={Epsilon}");

    /// <inheritdoc/>
    public override bool CanStore(Value output, DType format, GraphSizes sizes) => LayerNorm.CanStore(sizes.Target, X.Shape.Width, format);

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => FlopsPerElement * sizes.Length(X);

    /// <inheritdoc/>
    public override void Run(Plan plan) => LayerNorm.Run(
        plan.Device, plan.Floats(X), plan.Device.Empty<float>(), plan.Floats(Gamma), plan.Floats(Beta), plan.Floats(Output),
        checked((int)plan.Rows(X)), X.Shape.Width, Epsilon, plan.Sizes.StoredAs(Output));
}
