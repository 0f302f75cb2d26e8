using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class TokenEmbeddingOperator(EmbeddingCase test, EmbeddingInputs? given = null)
    : OperatorCase("tokenembedding", $"{SelectTokenOperator.NameOf(test)} out of {test.Vocabulary}", test.Format)
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. EmbeddingCases.Small.Select(test => new TokenEmbeddingOperator(test)),
        .. EmbeddingCases.Real.Select(test => new TokenEmbeddingOperator(test) { Size = CaseSize.Real }),
    ];

    /// <inheritdoc/>
    public override double Operations => (double)test.Rows * test.Tokens * test.Hidden;

    /// <summary>Gradients are in single precision.</summary>
    public override IEnumerable<GradientCase> Gradients =>
        [new TokenEmbeddingBackwardOperator(test with { Format = DType.Float32 }) { Size = Size }];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var inputs = given ?? test.Make();
        var ids = buffers.Upload(inputs.Ids);
        var start = buffers.Upload(inputs.Start);
        var positions = buffers.Upload(inputs.Positions);
        var output = buffers.Allocate<float>(inputs.Ids.Length * test.Hidden);
        var table = buffers.Own(PackedWeights.Allocate(buffers.Device, test.Vocabulary, test.Hidden, test.Format));
        table.Fill(0, inputs.Table);
        table.Upload();
        var args = new TokenEmbeddingArgs
        {
            Ids = ids.View,
            Table = table,
            Positions = positions.View,
            Start = start.View,
            Output = output.View,
            Rows = test.Rows,
            Tokens = test.Tokens,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => TokenEmbedding.Run(buffers.Device, args),
            Output = () => output.ToArray(),
            // The formats hold the embeddings exactly. The sum with a position is rounded once.
            Compare = () => Agreement.Exact(
                [.. Expected(inputs).Select(sum => (float)sum)], output.ToArray()),
            Bytes = 3 * sizeof(float) * Operations,
        };
    }

    private double[] Expected(EmbeddingInputs inputs) =>
        TokenEmbeddingReference.Run(inputs.Ids, inputs.Table, inputs.Positions, inputs.Start, test.Tokens, test.Hidden);
}
