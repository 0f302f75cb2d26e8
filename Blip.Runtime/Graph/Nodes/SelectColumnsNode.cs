using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// Neighbouring elements of the last dimension, <c>[…, width]</c> → <c>[…, count]</c>: the gradient of an input of
/// <see cref="ConcatenateNode"/>.
/// </summary>
internal sealed record SelectColumnsNode(string Name, Value X, int First, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "SelectColumns";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X];

    /// <inheritdoc/>
    public override string Attributes => $"{First}..{First + Output.Shape.Width}";

    /// <inheritdoc/>
    public override void Run(Plan plan) => ColumnCopy.Run(
        plan.Device, plan.Floats(X), plan.Floats(Output), checked((int)plan.Rows(X)),
        new ColumnRange(X.Shape.Width, First, Output.Shape.Width, 0, Output.Shape.Width));
}
