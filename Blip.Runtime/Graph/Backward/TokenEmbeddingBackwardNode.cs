using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// Adds each token's row of dY <c>[rows, tokens, hidden]</c> to the gradients of its word embedding <c>[hidden, vocabulary]</c> and
/// position embedding <c>[positions, hidden]</c>. <c>Start</c> is each row's first position <c>[rows]</c>; null for 0.
/// </summary>
internal sealed record TokenEmbeddingBackwardNode(string Name, Value Ids, Value? Start, Value OutputGradient, Value Words, Value Positions)
    : Node(Name)
{
    /// <inheritdoc/>
    public override string Operator => "TokenEmbeddingBackward";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => new[] { Ids, Start, OutputGradient, Words, Positions }.OfType<Value>();

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [];

    /// <inheritdoc/>
    public override IEnumerable<Value> Writes => [Words, Positions];

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 2 * sizes.Length(OutputGradient);

    /// <inheritdoc/>
    /// <remarks>Only the tokens' rows of both tables are read and written.</remarks>
    public override NodeBytes Bytes(GraphSizes sizes, Func<Matrix, long> stored) =>
        new(0, sizeof(float) * (sizes.Length(Ids) + (5 * sizes.Length(OutputGradient))));

    /// <inheritdoc/>
    public override void Run(Plan plan) => TokenEmbeddingBackward.Run(plan.Device, new TokenEmbeddingBackwardArgs
    {
        Ids = plan.Ints(Ids),
        Start = Start is null ? plan.Device.Empty<int>() : plan.Ints(Start),
        OutputGradient = plan.Floats(OutputGradient),
        WordGradient = plan.Floats(Words),
        PositionGradient = plan.Floats(Positions),
        Rows = plan.Size(Ids, 0),
        Tokens = plan.Size(Ids, 1),
        Hidden = OutputGradient.Shape.Width,
    });
}
