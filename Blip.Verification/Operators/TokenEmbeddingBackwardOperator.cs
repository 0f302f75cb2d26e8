using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Word and position gradients, added to old values.</summary>
internal sealed class TokenEmbeddingBackwardOperator(EmbeddingCase test)
    : GradientCase("tokenembeddingbackward", $"{SelectTokenOperator.NameOf(test)} out of {test.Vocabulary}")
{
    private const double Ulp = 1.0 / (1 << 23);

    private readonly int length = test.Rows * test.Tokens * test.Hidden;

    public static IEnumerable<OperatorCase> Cases => Of<TokenEmbeddingBackwardOperator>(TokenEmbeddingOperator.Cases);

    /// <inheritdoc/>
    public override double Operations => 2.0 * length;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (length > 10_000 || test.Vocabulary * test.Hidden > 1 << 20)
                yield break;
            var inputs = test.Make();
            var dy = BackwardCases.Gradient(length);
            var (words, positions) = Expected(inputs, dy);
            // The table is the transpose of its gradient.
            var turned = Enumerable.Range(0, words.Length).Select(i => words[(i % test.Hidden * test.Vocabulary) + (i / test.Hidden)]);
            yield return new Slope("words", inputs.Table, [.. turned], values => Along(values, inputs.Positions));
            yield return new Slope("positions", inputs.Positions, positions, values => Along(inputs.Table, values));

            double Along(float[] table, float[] places) =>
                Slope.Along(TokenEmbeddingReference.Run(inputs.Ids, table, places, inputs.Start, test.Tokens, test.Hidden), dy);
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var inputs = test.Make();
        var dy = BackwardCases.Gradient(length);
        var wordsBefore = BackwardCases.Gradient(test.Hidden * test.Vocabulary, 8);
        var positionsBefore = BackwardCases.Gradient(inputs.Positions.Length, 9);
        var (words, positions) = (buffers.Upload(wordsBefore), buffers.Upload(positionsBefore));
        var args = new TokenEmbeddingBackwardArgs
        {
            Ids = buffers.Upload(inputs.Ids).View,
            Start = buffers.Upload(inputs.Start).View,
            OutputGradient = buffers.Upload(dy).View,
            WordGradient = words.View,
            PositionGradient = positions.View,
            Rows = test.Rows,
            Tokens = test.Tokens,
            Hidden = test.Hidden,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => TokenEmbeddingBackward.Run(buffers.Device, args),
            Output = () => [.. words.ToArray(), .. positions.ToArray()],
            Compare = () =>
            {
                var expected = Expected(inputs, dy);
                // Each addition rounds a sum of at most 2; at most one addition per token.
                var bound = (inputs.Ids.Length + 1.0) * inputs.Ids.Length * Ulp;
                return Agreement.Within(
                        [.. expected.Words.Select((value, i) => value + wordsBefore[i])], words.ToArray(), _ => bound, "word element")
                    .Or(Agreement.Within(
                        [.. expected.Positions.Select((value, i) => value + positionsBefore[i])], positions.ToArray(), _ => bound,
                        "position"));
            },
            Bytes = 5.0 * sizeof(float) * length,
        };
    }

    private (double[] Words, double[] Positions) Expected(EmbeddingInputs inputs, float[] dy) => TokenEmbeddingBackwardReference.Run(
        inputs.Ids, inputs.Start, dy, test.Tokens, test.Hidden, test.Vocabulary, inputs.Positions.Length / test.Hidden);
}
