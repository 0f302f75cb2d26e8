using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Each row's best continuations, or drawn ones by sum and noise. In draws two rows share an image.</summary>
/// <param name="test">The rows.</param>
/// <param name="count">Candidates per row.</param>
/// <param name="sample">Whether they are drawn.</param>
internal sealed class TopCandidatesOperator(ScoreCase test, int count, bool sample)
    : OperatorCase("topcandidates", $"{(sample ? "draw" : "best")} {count} of {test}")
{
    // Five beams use twice as many candidates.
    private const int OfFiveBeams = 10;

    // Both have bits in their upper halves.
    private const ulong Seed = 0x5DEECE66D, Stream = 5_000_000_000;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. ScoreCases.Real.Select(test => new TopCandidatesOperator(test, OfFiveBeams, sample: false) { Size = CaseSize.Real }),
        .. Of(ScoreCases.Small.Where(test => test.Vocabulary >= OfFiveBeams), _ => [OfFiveBeams], CaseSize.Small),
        .. Of(ScoreCases.Small, Counts, CaseSize.Small),
        .. Of(ScoreCases.Real, Counts, CaseSize.Large),
        .. ScoreCases.Real.Select(test => new TopCandidatesOperator(test, OfFiveBeams, sample: true) { Size = CaseSize.Large }),
    ];

    /// <inheritdoc/>
    public override double Operations => (double)test.Rows * test.Vocabulary;

    private static bool[] Both => [false, true];

    private int RowsPerImage => sample ? 2 : test.Rows;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        long[] streams = [.. Enumerable.Range(0, (test.Rows + RowsPerImage - 1) / RowsPerImage).Select(image => (long)Stream + image)];
        int[] lengths = [.. Enumerable.Range(1, test.Rows)];
        var (onStreams, onLengths) = (buffers.Upload(streams), buffers.Upload(lengths));
        var values = test.Make();
        var scores = buffers.Upload(values);
        // As in beams: some are near, others so far that rounding makes many sums equal.
        float[] before = [.. Enumerable.Range(0, test.Rows).Select(row => !sample && row % 3 == 2 ? -1e9f : -1.7f * row)];
        var running = buffers.Upload(before);
        var orders = buffers.Allocate<float>(test.Rows * count);
        var sums = buffers.Allocate<float>(test.Rows * count);
        var tokens = buffers.Allocate<int>(test.Rows * count);
        var args = new TopCandidatesArgs
        {
            Scores = scores.View,
            Running = running.View,
            Rows = test.Rows,
            RowsPerImage = RowsPerImage,
            Vocabulary = test.Vocabulary,
            Count = count,
            Sample = sample,
            Seed = Seed,
            Streams = sample ? onStreams.View : default,
            Lengths = sample ? onLengths.View : default,
            Orders = orders.View,
            Sums = sums.View,
            Tokens = tokens.View,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => TopCandidates.Run(buffers.Device, args),
            Output = () => sums.ToArray(),
            Compare = () =>
            {
                var (chosen, added, ordered) = (tokens.ToArray(), sums.ToArray(), orders.ToArray());
                return Enumerable.Range(0, test.Rows).Select(row =>
                {
                    var part = (row * count)..((row + 1) * count);
                    var stream = streams[row / RowsPerImage];
                    return Compare(row, test.Row(values, row), before[row], stream, chosen[part], added[part], ordered[part]);
                }).Aggregate((worst, next) => worst.Or(next));
            },
            Bytes = sizeof(float) * (double)values.Length,
        };
    }

    // Compares a token's order, and the order due at its place, within the noise's rounding.
    private Agreement Compare(int row, float[] scores, float running, long stream, int[] tokens, float[] sums, float[] orders)
    {
        double Noise(int token) => sample ? Philox.Gumbel(Seed, (ulong)stream, row % RowsPerImage, row + 1, token) : 0;
        var all = TopCandidatesReference.Row(scores, running, Noise, sample ? scores.Length : count);
        if (!sample)
        {
            return Agreement.Exact([.. all.Select(one => one.Token)], tokens, $"row {row}, token")
                .Or(Agreement.Exact([.. all.Select(one => one.Sum)], sums, $"row {row}, sum"))
                .Or(Agreement.Exact(sums, orders, $"row {row}, order"));
        }
        if (tokens.Distinct().Count() != count)
            return Agreement.Of($"row {row}: a token is drawn twice");
        var own = tokens.Select(token => all.Single(one => one.Token == token)).ToArray();
        return Agreement.Exact([.. own.Select(one => one.Sum)], sums, $"row {row}, sum")
            .Or(Agreement.Within([.. own.Select(one => one.Order)], orders, i => Bound(own[i].Order), $"row {row}, order"))
            .Or(Agreement.Within([.. all.Take(count).Select(one => one.Order)], orders, i => Bound(all[i].Order), $"row {row}, place"));
    }

    private static double Bound(double order) => 1e-6 * Math.Max(4, Math.Abs(order));

    private static IEnumerable<OperatorCase> Of(IEnumerable<ScoreCase> tests, Func<ScoreCase, IEnumerable<int>> counts, CaseSize size) =>
        from test in tests
        from count in counts(test)
        from sample in Both
        select new TopCandidatesOperator(test, count, sample) { Size = size };

    private static IEnumerable<int> Counts(ScoreCase test) => new[] { 1, 2, 6, 21 }.Where(count => count <= test.Vocabulary);
}
