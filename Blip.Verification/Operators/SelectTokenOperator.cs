using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>One token per row.</summary>
/// <param name="test">The sizes.</param>
/// <param name="offset">Added to each index. With -1 indices are counts, some out of range.</param>
internal sealed class SelectTokenOperator(EmbeddingCase test, int offset = -1)
    : OperatorCase("selecttoken", $"{NameOf(test)}{(offset == 0 ? ", by index" : "")}")
{
    public static IEnumerable<OperatorCase> Small => EmbeddingCases.Small.DistinctBy(NameOf).Select(test => new SelectTokenOperator(test));

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. Small,
        .. EmbeddingCases.Real.Select(test => new SelectTokenOperator(test) { Size = CaseSize.Real }),
        .. EmbeddingCases.Small.DistinctBy(NameOf).Select(test => new SelectTokenOperator(test, offset: 0)),
        .. EmbeddingCases.Real.Select(test => new SelectTokenOperator(test, offset: 0) { Size = CaseSize.Large }),
    ];

    /// <inheritdoc/>
    public override IEnumerable<GradientCase> Gradients =>
        [new SelectTokenBackwardOperator(test.Rows, test.Tokens, test.Hidden) { Size = Size }];

    public static string NameOf(EmbeddingCase test) =>
        $"{test.Rows} x {test.Tokens} tokens of {test.Hidden}{(test.Start ? " at a start" : "")}";

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var random = new Random(1);
        var values = EmbeddingCases.Values(random, test.Rows * test.Tokens * test.Hidden);
        var taken = offset == 0
            ? [.. Enumerable.Range(0, test.Rows).Select(_ => random.Next(test.Tokens))]
            : EmbeddingCases.Tokens(test.Rows, test.Tokens);
        var x = buffers.Upload(values);
        var index = buffers.Upload(taken);
        var y = buffers.Allocate<float>(test.Rows * test.Hidden);
        return new PreparedOperator(buffers)
        {
            Run = form => SelectToken.Run(
                buffers.Device, x.View, index.View, y.View, test.Rows, test.Tokens, test.Hidden, offset),
            Output = () => y.ToArray(),
            Compare = () => Agreement.Exact(
                SelectTokenReference.Run(values, taken, test.Rows, test.Tokens, test.Hidden, offset), y.ToArray()),
            Bytes = 2.0 * sizeof(float) * y.Length,
        };
    }
}
