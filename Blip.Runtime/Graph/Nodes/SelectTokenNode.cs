using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// Each row's last token by <c>Lengths</c> <c>[rows]</c>, or its first for null: <c>[rows, tokens, hidden]</c> → <c>[rows, hidden]</c>.
/// </summary>
internal sealed record SelectTokenNode(string Name, Value X, Value? Lengths, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "SelectToken";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => Lengths is null ? [X] : [X, Lengths];

    /// <inheritdoc/>
    /// <remarks>One token of each row is read.</remarks>
    public override NodeBytes Bytes(GraphSizes sizes, Func<Matrix, long> stored) =>
        new(0, sizeof(float) * ((2 * sizes.Length(Output)) + (Lengths is null ? 0 : sizes.Length(Lengths))));

    /// <inheritdoc/>
    public override void Run(Plan plan) => SelectToken.Run(
        plan.Device, plan.Floats(X), Lengths is null ? plan.Device.Empty<int>() : plan.Ints(Lengths), plan.Floats(Output),
        plan.Size(X, 0), plan.Size(X, 1), X.Shape.Width, offset: Lengths is null ? 0 : -1);
}
