using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class AssembleTokensOperator(PatchCase test)
    : OperatorCase("assembletokens", $"{test.Batch} x {test.Patches + 1} tokens of {test.Hidden}")
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. PatchEmbeddingCases.Patches.Select(test => new AssembleTokensOperator(test)),
        .. PatchEmbeddingCases.RealPatches.Select(test => new AssembleTokensOperator(test) { Size = CaseSize.Real }),
    ];

    /// <inheritdoc/>
    public override double Operations => (double)test.Batch * (test.Patches + 1) * test.Hidden;

    /// <inheritdoc/>
    public override IEnumerable<GradientCase> Gradients => [new AssembleTokensBackwardOperator(test) { Size = Size }];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var embeddings = PatchEmbeddingCases.Values(test.Batch * test.Patches * test.Hidden);
        var first = PatchEmbeddingCases.Values(test.Hidden);
        var learned = PatchEmbeddingCases.Values((test.Patches + 1) * test.Hidden);
        var patches = buffers.Upload(embeddings);
        var classEmbedding = buffers.Upload(first);
        var positions = buffers.Upload(learned);
        var y = buffers.Allocate<float>(test.Batch * (test.Patches + 1) * test.Hidden);
        return new PreparedOperator(buffers)
        {
            Run = form => AssembleTokens.Run(
                buffers.Device, patches.View, classEmbedding.View, positions.View, y.View, test.Batch, test.Patches, test.Hidden),
            Output = () => y.ToArray(),
            Compare = () => Agreement.Exact(
                [.. AssembleTokensReference.Run(embeddings, first, learned, test.Batch, test.Patches, test.Hidden)
                    .Select(sum => (float)sum)],
                y.ToArray()),
            Bytes = sizeof(float) * ((2.0 * y.Length) + positions.Length),
        };
    }
}
