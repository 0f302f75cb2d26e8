using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The gradient at the token's place, zeros elsewhere.</summary>
internal sealed class SelectTokenBackwardOperator(int rows, int tokens, int width, bool hasIndex = true)
    : GradientCase("selecttokenbackward", $"{rows} x {tokens} tokens of {width}{(hasIndex ? "" : ", the first")}")
{
    private readonly int offset = hasIndex ? -1 : 0;

    /// <summary>The class token of 35, and the small selections.</summary>
    public static IEnumerable<OperatorCase> Cases =>
    [
        new SelectTokenBackwardOperator(3, 5, 37),
        new SelectTokenBackwardOperator(1, 35, 768) { Size = CaseSize.Real },
        new SelectTokenBackwardOperator(3, 5, 37, hasIndex: false),
        .. Of<SelectTokenBackwardOperator>(SelectTokenOperator.Small),
    ];

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (rows * tokens * width > 1000)
                yield break;
            var (dy, index) = Make();
            var x = EmbeddingCases.Values(new Random(1), rows * tokens * width);
            yield return new Slope("x", x, Double(SelectTokenBackwardReference.Run(dy, index, rows, tokens, width, offset)), values =>
                Slope.Along(Double(SelectTokenReference.Run(values, index, rows, tokens, width, offset)), dy));
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (dy, index) = Make();
        var gradient = buffers.Upload(dy);
        var indices = buffers.Upload(index);
        // Zeros must replace these old values.
        var dx = buffers.Upload<float>([.. Enumerable.Repeat(7f, rows * tokens * width)]);
        return new PreparedOperator(buffers)
        {
            Run = form => SelectTokenBackward.Run(
                buffers.Device, gradient.View, indices.View, dx.View, rows, tokens, width, offset),
            Output = () => dx.ToArray(),
            Compare = () => Agreement.Exact(SelectTokenBackwardReference.Run(dy, index, rows, tokens, width, offset), dx.ToArray()),
            Bytes = sizeof(float) * (gradient.Length + dx.Length),
        };
    }

    private static double[] Double(float[] values) => [.. values.Select(value => (double)value)];

    private (float[] Gradient, int[] Index) Make() =>
        (BackwardCases.Gradient(rows * width), hasIndex ? EmbeddingCases.Tokens(rows, tokens) : []);
}
