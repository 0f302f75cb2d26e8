using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>Word plus position embedding (Devlin et al. 2019, section 3; BLIP's text side has no segments).</summary>
/// <param name="Name">The module.</param>
/// <param name="Ids">Token ids <c>[rows, tokens]</c>.</param>
/// <param name="Words">Word embeddings <c>[vocabulary, hidden]</c>, shared with a tied head.</param>
/// <param name="Positions">Position embeddings <c>[positions, hidden]</c>.</param>
/// <param name="Start">Position of each row's first token <c>[rows]</c>; null for 0.</param>
/// <param name="Output">Embeddings <c>[rows, tokens, hidden]</c>.</param>
internal sealed record TokenEmbeddingNode(string Name, Value Ids, Matrix Words, Value Positions, Value? Start, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "TokenEmbedding";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => Start is null ? [Ids, Positions] : [Ids, Positions, Start];

    /// <inheritdoc/>
    public override IEnumerable<Matrix> Matrices => [Words];

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => sizes.Length(Output);

    /// <inheritdoc/>
    /// <remarks>Of both tables only the rows of the tokens are read.</remarks>
    public override NodeBytes Bytes(GraphSizes sizes, Func<Matrix, long> stored)
    {
        var tokens = sizes.Length(Ids);
        var words = stored(Words) * tokens / Words.OutFeatures;
        return new NodeBytes(0, words + (sizeof(float) * (tokens + (Start is null ? 0 : sizes.Length(Start)) + (2 * sizes.Length(Output)))));
    }

    /// <inheritdoc/>
    public override void Run(Plan plan) => TokenEmbedding.Run(plan.Device, new TokenEmbeddingArgs
    {
        Ids = plan.Ints(Ids),
        Table = plan.Weights.Packed(Words),
        Positions = plan.Floats(Positions),
        Start = Start is null ? plan.Device.Empty<int>() : plan.Ints(Start),
        Output = plan.Floats(Output),
        Rows = plan.Size(Ids, 0),
        Tokens = plan.Size(Ids, 1),
    });
}
