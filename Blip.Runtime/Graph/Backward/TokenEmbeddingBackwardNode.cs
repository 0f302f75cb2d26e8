using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>The gradients of word and position embeddings: each token's row of dY is added to its word's and its position's.</summary>
/// <param name="Name">The module.</param>
/// <param name="Ids">Token ids <c>[rows, tokens]</c>.</param>
/// <param name="Start">Position of each row's first token <c>[rows]</c>; null for 0.</param>
/// <param name="OutputGradient">Gradient of the embeddings <c>[rows, tokens, hidden]</c>.</param>
/// <param name="Words">Gradient of the word embeddings <c>[hidden, vocabulary]</c>, added to.</param>
/// <param name="Positions">Gradient of the position embeddings <c>[positions, hidden]</c>, added to.</param>
internal sealed record TokenEmbeddingBackwardNode(string Name, Value Ids, Value? Start, Value OutputGradient, Value Words, Value Positions) : Node(Name)
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
    /// <remarks>Of both tables only the rows of the tokens are read and written.</remarks>
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
