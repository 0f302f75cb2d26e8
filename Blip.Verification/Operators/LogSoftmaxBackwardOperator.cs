using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Takes log-probabilities.</summary>
internal sealed class LogSoftmaxBackwardOperator(ScoreCase test) : GradientCase("logsoftmaxbackward", $"{test}")
{
    public static IEnumerable<OperatorCase> Cases => Of<LogSoftmaxBackwardOperator>(LogSoftmaxOperator.Cases);

    /// <inheritdoc/>
    public override double Operations => 14.0 * test.Rows * test.Vocabulary;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (test.Values != ScoreValues.Usual || test.Rows * test.Vocabulary > 1000)
                yield break;
            var (logits, dy) = (test.Make(), BackwardCases.Gradient(test.Rows * test.Vocabulary));
            var gradient = LogSoftmaxBackwardReference.Run(LogProbabilities(logits), dy, test.Rows, test.Vocabulary).Gradient;
            yield return new Slope("logits", logits, gradient, values => Enumerable.Range(0, test.Rows).Sum(row => Slope.Along(
                Row(values, row), dy[(row * test.Vocabulary)..((row + 1) * test.Vocabulary)])));
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var values = LogProbabilities(test.Make());
        var dy = BackwardCases.Gradient(values.Length);
        var (y, gradient) = (buffers.Upload(values), buffers.Upload(dy));
        var dx = buffers.Allocate<float>(values.Length);
        return new PreparedOperator(buffers)
        {
            Run = form => LogSoftmaxBackward.Run(buffers.Device, y.View, gradient.View, dx.View, test.Rows, test.Vocabulary),
            Output = () => dx.ToArray(),
            Compare = () =>
            {
                var (expected, magnitude) = LogSoftmaxBackwardReference.Run(values, dy, test.Rows, test.Vocabulary);
                return Agreement.Within(expected, dx.ToArray(), Bound);

                // The sum's error follows its terms' magnitudes, an exponential's its rounded argument.
                double Bound(int i) => ScoreCases.Ulp * (Math.Abs(dy[i]) + Math.Abs(expected[i])
                    + (Math.Exp(values[i]) * magnitude[i / test.Vocabulary] * test.SumUlps));
            },
            Bytes = 3.0 * sizeof(float) * values.Length,
        };
    }

    private double[] Row(float[] logits, int row) =>
        LogSoftmaxReference.Row([.. test.Row(logits, row).Select(value => (double)value)]).LogProbabilities;

    private float[] LogProbabilities(float[] logits) =>
        [.. Enumerable.Range(0, test.Rows).SelectMany(row => Row(logits, row)).Select(value => (float)value)];
}
