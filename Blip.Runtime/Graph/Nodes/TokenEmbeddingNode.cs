using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// Word plus position embedding (Devlin et al. 2019, section 3; BLIP's text side has no segments): ids <c>[rows, tokens]</c> →
/// <c>[rows, tokens, hidden]</c>. A tied head shares the words <c>[vocabulary, hidden]</c>. Positions are <c>[positions, hidden]</c>;
/// <c>Start</c> is each row's first one <c>[rows]</c>, null for 0.
/// </summary>
internal sealed record TokenEmbeddingNode(string Name, Value Ids, Matrix Words, Value Positions, Value? Start, Value Output)
    : ComputeNode(Name, Output)
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
    /// <remarks>Only the tokens' rows of both tables are read.</remarks>
    public override NodeBytes Bytes(GraphSizes sizes, Func<Matrix, long> stored)
    {
        var tokens = sizes.Length(Ids);
        var words = stored(Words) * tokens / Words.OutFeatures;
        return new NodeBytes(
            0, words + (sizeof(float) * (tokens + (Start is null ? 0 : sizes.Length(Start)) + (2 * sizes.Length(Output)))));
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
