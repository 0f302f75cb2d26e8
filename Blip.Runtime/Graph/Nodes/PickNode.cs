using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>One element of each row: the log-probability of the word that a text goes on with.</summary>
/// <param name="Name">The module.</param>
/// <param name="X">Rows <c>[…, width]</c>.</param>
/// <param name="Index">Which element of each row <c>[…]</c>.</param>
/// <param name="Output">Elements <c>[…]</c>.</param>
internal sealed record PickNode(string Name, Value X, Value Index, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "Pick";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X, Index];

    // A row is a sequence of tokens of one element.
    /// <inheritdoc/>
    public override void Run(Plan plan) => SelectToken.Run(
        plan.Device, plan.Floats(X), plan.Ints(Index), plan.Floats(Output), checked((int)plan.Rows(X)), X.Shape.Width, width: 1);
}
