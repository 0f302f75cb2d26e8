using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>Logits to logarithms of probabilities over the last dimension.</summary>
/// <param name="Name">The module.</param>
/// <param name="X">Input <c>[…, vocabulary]</c>.</param>
/// <param name="Output">Result.</param>
internal sealed record LogSoftmaxNode(string Name, Value X, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "LogSoftmax";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X];

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 3 * sizes.Length(X);

    /// <inheritdoc/>
    public override void Run(Plan plan) => LogSoftmax.Run(plan.Device, new LogSoftmaxArgs
    {
        Logits = plan.Floats(X),
        Scores = plan.Floats(Output),
        LogSums = plan.Device.Empty<float>(),
        Rows = checked((int)plan.Rows(X)),
        RowsPerSource = 1,
        Vocabulary = X.Shape.Width,
        Normalize = true,
    });
}
