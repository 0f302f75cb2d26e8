using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>Two values side by side: <c>[…, a]</c> and <c>[…, b]</c> → <c>[…, a + b]</c>.</summary>
internal sealed record ConcatenateNode(string Name, Value A, Value B, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "Concatenate";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [A, B];

    /// <inheritdoc/>
    public override int Kernels(GraphSizes sizes) => 2;

    /// <inheritdoc/>
    public override void Run(Plan plan)
    {
        var (rows, left, right) = (checked((int)plan.Rows(A)), A.Shape.Width, B.Shape.Width);
        ColumnCopy.Run(plan.Device, plan.Floats(A), plan.Floats(Output), rows, new ColumnRange(left, 0, left + right, 0, left));
        ColumnCopy.Run(plan.Device, plan.Floats(B), plan.Floats(Output), rows, new ColumnRange(right, 0, left + right, left, right));
    }
}
