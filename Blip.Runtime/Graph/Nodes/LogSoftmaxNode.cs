using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>The logarithm of the softmax of <c>[…, vocabulary]</c> over the last dimension.</summary>
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
