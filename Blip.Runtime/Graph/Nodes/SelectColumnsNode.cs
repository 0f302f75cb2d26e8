using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// Neighbouring elements of the last dimension: the gradient of one of the values that stand side by side in <see cref="ConcatenateNode"/>.
/// </summary>
/// <param name="Name">The module.</param>
/// <param name="X">The wide value <c>[…, width]</c>.</param>
/// <param name="First">The first element that is taken.</param>
/// <param name="Output">Result <c>[…, count]</c>.</param>
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
