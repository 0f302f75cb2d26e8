using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Log-probabilities of rows of logits.</summary>
/// <param name="test">The rows.</param>
/// <param name="hasSums">Whether log-sums are output.</param>
/// <param name="rowsPerSource">Rows that read the same logits.</param>
internal sealed class LogSoftmaxOperator(ScoreCase test, bool hasSums = true, int rowsPerSource = 1)
    : OperatorCase(
        "logsoftmax", $"{test}{(hasSums ? "" : ", without sums")}{(rowsPerSource == 1 ? "" : $", {rowsPerSource} rows of each")}")
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. ScoreCases.Real.Select(test => new LogSoftmaxOperator(test) { Size = CaseSize.Real }),
        .. ScoreCases.Small.Select(test => new LogSoftmaxOperator(test)),
        new LogSoftmaxOperator(new(3, 17), hasSums: false),
        .. ScoreCases.Broken.Select(test => new LogSoftmaxOperator(test)),
        .. ScoreCases.Small.Concat(ScoreCases.Broken).Select(test => new LogSoftmaxOperator(test, rowsPerSource: 3)),
        .. ScoreCases.Real.Select(test => new LogSoftmaxOperator(test, rowsPerSource: 3) { Size = CaseSize.Large }),
    ];

    /// <summary>A difference, an exponential (about ten operations), two sums.</summary>
    public override double Operations => 13.0 * test.Rows * rowsPerSource * test.Vocabulary;

    /// <summary>None for NaN logits, or too many.</summary>
    public override IEnumerable<GradientCase> Gradients =>
        test.Values is ScoreValues.Usual or ScoreValues.Peaked or ScoreValues.Equal && rowsPerSource == 1
            ? [new LogSoftmaxBackwardOperator(test) { Size = Size }]
            : [];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var logits = test.Make();
        var rows = test.Rows * rowsPerSource;
        var from = buffers.Upload(logits);
        var to = buffers.Allocate<float>((long)rows * test.Vocabulary);
        var sums = buffers.Allocate<float>(rows);
        var args = new LogSoftmaxArgs
        {
            Logits = from.View,
            Scores = to.View,
            LogSums = hasSums ? sums.View : default,
            Rows = rows,
            RowsPerSource = rowsPerSource,
            Vocabulary = test.Vocabulary,
            Normalize = true,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => LogSoftmax.Run(buffers.Device, args),
            Output = () => to.ToArray(),
            Compare = () => Compare(logits, to.ToArray(), hasSums ? sums.ToArray() : null),
            Bytes = 2.0 * sizeof(float) * rows * test.Vocabulary,
        };
    }

    private Agreement Compare(float[] logits, float[] actual, float[]? logSums)
    {
        var worst = Agreement.Full;
        for (var row = 0; row < test.Rows * rowsPerSource; row++)
        {
            double[] source = [.. test.Row(logits, row / rowsPerSource).Select(LogSoftmaxReference.Clean)];
            var (expected, logSum) = LogSoftmaxReference.Row(source);
            var largest = source.Max();
            if (logSums is not null)
                worst = worst.Or(Floats([logSum], [logSums[row]], _ => Math.Abs(logSum) + test.SumUlps, $"row {row}, sum"));
            worst = worst.Or(Floats(expected, test.Row(actual, row), Ulps, $"row {row}, token"));

            double Ulps(int token) => Math.Abs(source[token] - largest) + Math.Abs(expected[token]) + test.SumUlps;
        }
        return worst;
    }

    // An infinity is right beyond float's range. No score is NaN.
    private static Agreement Floats(double[] expected, float[] actual, Func<int, double> ulps, string what) => Agreement.Within(
        [.. expected.Select((value, i) => (float)value == actual[i] ? actual[i] : value)], actual, i => ulps(i) * ScoreCases.Ulp, what);
}
