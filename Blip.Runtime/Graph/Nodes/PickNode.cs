using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>One element of each row of <c>[…, width]</c> by an index <c>[…]</c>: the log-probability of a text's next token.</summary>
internal sealed record PickNode(string Name, Value X, Value Index, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "Pick";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X, Index];

    // A row is a sequence of one-element tokens.
    /// <inheritdoc/>
    public override void Run(Plan plan) => SelectToken.Run(
        plan.Device, plan.Floats(X), plan.Ints(Index), plan.Floats(Output), checked((int)plan.Rows(X)), X.Shape.Width, width: 1);
}
