using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;
using ILGPU.Runtime;

namespace Blip.Bench.Operators;

/// <summary>From logits to tokens: what each word of a caption costs after the model.</summary>
internal static class SamplingBench
{
    // Beams look at twice their number; ten is what five beams ask for.
    private const int Candidates = 10;

    // A difference, an exponential of some ten operations, and two sums.
    private const double SoftmaxFlops = 13;

    // Both have something in their upper halves.
    private const ulong Seed = 0x5DEECE66D, Stream = 5_000_000_000;

    public static IEnumerable<KernelCase> LogSoftmaxes(bool odd) =>
        Tests(odd).Select(test => LogSoftmaxOf(test, hasSums: true)).Concat(odd ? [LogSoftmaxOf(new(3, 17), hasSums: false)] : []);

    private static KernelCase LogSoftmaxOf(ScoreCase test, bool hasSums) => new($"{test}{(hasSums ? "" : ", without sums")}", target =>
    {
        var device = target.Device;
        var logits = test.Make();
        var from = device.Upload<float>(logits);
        var to = device.Allocate<float>(logits.Length);
        var sums = device.Allocate<float>(test.Rows);
        var args = new LogSoftmaxArgs
        {
            Logits = from.View,
            Scores = to.View,
            LogSums = hasSums ? sums.View : default,
            Rows = test.Rows,
            RowsPerSource = 1,
            Vocabulary = test.Vocabulary,
            Normalize = true,
        };
        return new PreparedCase
        {
            Run = KernelCase.Finished(device, () => LogSoftmax.Run(device, args)),
            Verify = () => test.LogSoftmaxError(logits, to.ToArray(), hasSums ? sums.ToArray() : Sums()).Error,
            Flops = SoftmaxFlops * logits.Length,
            Bytes = 2.0 * sizeof(float) * logits.Length,
            Owned = [from, to, sums],
        };

        float[] Sums() => [.. Enumerable.Range(0, test.Rows).Select(row => (float)LogSoftmaxReference.Row([.. Row(logits, test, row)]).LogSum)];
    });

    public static IEnumerable<KernelCase> TopCandidates(bool odd) =>
        from test in Tests(odd)
        where test.Vocabulary >= Candidates
        from sample in odd ? new[] { false, true } : [false]
        select TopCandidates(test, sample);

    // Where they are drawn, two rows share a picture.
    private static KernelCase TopCandidates(ScoreCase test, bool sample) => new(
        $"{(sample ? "draw" : "best")} {Candidates} of {test}",
        target =>
        {
            var device = target.Device;
            var rowsPerImage = sample ? 2 : test.Rows;
            long[] streams = [.. Enumerable.Range(0, (test.Rows + rowsPerImage - 1) / rowsPerImage).Select(image => (long)Stream + image)];
            int[] lengths = [.. Enumerable.Range(1, test.Rows)];
            var (onStreams, onLengths) = (device.Upload<long>(streams), device.Upload<int>(lengths));
            var values = test.Make();
            var scores = device.Upload<float>(values);
            float[] before = [.. Enumerable.Range(0, test.Rows).Select(row => -1.7f * row)];
            var running = device.Upload<float>(before);
            var orders = device.Allocate<float>(test.Rows * Candidates);
            var sums = device.Allocate<float>(test.Rows * Candidates);
            var tokens = device.Allocate<int>(test.Rows * Candidates);
            var args = new TopCandidatesArgs
            {
                Scores = scores.View,
                Running = running.View,
                Rows = test.Rows,
                RowsPerImage = rowsPerImage,
                Vocabulary = test.Vocabulary,
                Count = Candidates,
                Sample = sample,
                Seed = Seed,
                Streams = sample ? onStreams.View : default,
                Lengths = sample ? onLengths.View : default,
                Orders = orders.View,
                Sums = sums.View,
                Tokens = tokens.View,
            };
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => Blip.Kernels.TopCandidates.Run(device, args)),
                Verify = () =>
                {
                    var expected = Enumerable.Range(0, test.Rows).SelectMany(row => TopCandidatesReference.Row(
                        Row(values, test, row), before[row], token => sample ? Philox.Gumbel(Seed, (ulong)streams[row / rowsPerImage], row % rowsPerImage, lengths[row], token) : 0, Candidates)).ToArray();
                    return PreparedCase.Exact(expected.Select(one => one.Token).SequenceEqual(tokens.ToArray()) && expected.Select(one => one.Sum).SequenceEqual(sums.ToArray())
                        && expected.Zip(orders.ToArray()).All(pair => pair.First.Order == pair.Second || Math.Abs(pair.First.Order - pair.Second) <= 1e-6 * (8 + Math.Abs(pair.First.Order))));
                },
                Flops = values.Length,
                Bytes = sizeof(float) * (double)values.Length,
                Owned = [scores, running, orders, sums, tokens, onStreams, onLengths],
            };
        });

    /// <summary>A filter changes the scores in place, so that a run begins with a copy of them; its bytes are counted.</summary>
    public static IEnumerable<KernelCase> Filters(bool odd) =>
        from test in odd ? ScoreCases.Small.Append(ScoreCases.Real[0]) : ScoreCases.Real.Take(1)
        from filter in ScoreCases.Filters
        select new KernelCase($"{filter} of {test}", target =>
        {
            var device = target.Device;
            var values = test.Make();
            var original = device.Upload<float>(values);
            var scores = device.Allocate<float>(values.Length);
            var scratch = device.Allocate<float>(values.Length);
            var args = filter.Args;
            (args.Scores, args.Scratch, args.Rows, args.Vocabulary) = (scores.View, scratch.View, test.Rows, test.Vocabulary);
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () =>
                {
                    original.View.CopyTo(device.Stream, scores.View);
                    SamplingFilters.Run(device, args);
                }),
                Verify = () => PreparedCase.Exact(Enumerable.Range(0, test.Rows)
                    .All(row => filter.Check(test, Row(values, test, row), Row(scores.ToArray(), test, row)).Wrong is null)),
                Bytes = 4.0 * sizeof(float) * values.Length,
                Owned = [original, scores, scratch],
            };
        })
        {
            // The portable search walks a row bit by bit, on a processor with one work-item.
            Long = filter.TopK == 0 || filter.TopK == 1,
        };

    public static IEnumerable<KernelCase> Choices(bool odd) =>
        (from test in Tests(odd)
         from sample in new[] { false, true }
         select new KernelCase($"{(sample ? "draw from" : "best of")} {test}", target => Choice(target.Device, test, sample, test.Make())))
        .Concat(odd ? [Opposite(new(5, 99))] : []);

    // Scores that all but undo the noise: whatever is wrong in one token's noise decides.
    private static KernelCase Opposite(ScoreCase test) => new($"draw from the noise's opposite, {test}", target => Choice(target.Device, test, true, [.. Enumerable.Range(0, test.Rows * test.Vocabulary).Select(i =>
        (1e-4f * (i * 37 % test.Vocabulary)) - Noise(test, i / test.Vocabulary, i % test.Vocabulary))]));

    // Two rows share a picture.
    private static float Noise(ScoreCase test, int row, int token) => Philox.Gumbel(Seed, Stream + (ulong)(row / RowsOfPicture(test)), row % RowsOfPicture(test), 1, token);

    private static int RowsOfPicture(ScoreCase test) => Math.Min(2, test.Rows);

    private static PreparedCase Choice(Device device, ScoreCase test, bool sample, float[] values)
    {
        // A run writes down a token and makes the row longer: there is room for more of them than are measured, and no row ends.
        const int Capacity = 1 << 18;
        // But for small rows, which end at their second next token.
        var limit = ScoreCases.Real.Contains(test) ? Capacity : 3;
        var pictures = (test.Rows + RowsOfPicture(test) - 1) / RowsOfPicture(test);
        var scores = device.Upload<float>(values);
        var rows = Enumerable.Range(0, 6).Select(_ => device.Upload<int>(Enumerable.Repeat(1, test.Rows).ToArray())).ToArray();
        var (lengths, ended, inputIds, positions, chosen, limits) = (rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]);
        ended.CopyFrom(new int[test.Rows]);
        limits.CopyFrom(Enumerable.Repeat(limit, test.Rows).ToArray());
        var history = device.Allocate<int>((long)test.Rows * Capacity);
        var logSums = device.Allocate<float>(test.Rows);
        var gathered = device.Allocate<float>(test.Rows);
        var streams = device.Upload<long>([.. Enumerable.Range(0, pictures).Select(picture => (long)Stream + picture)]);
        var args = new TokenChoiceArgs
        {
            Scores = scores.View,
            Logits = scores.View,
            LogSums = logSums.View,
            Rows = test.Rows,
            RowsPerSource = 1,
            RowsPerImage = RowsOfPicture(test),
            Vocabulary = test.Vocabulary,
            Capacity = Capacity,
            Sample = sample,
            Seed = Seed,
            Streams = streams.View,
            StopToken = -1,
            PadToken = 0,
            Limits = limits.View,
            History = history.View,
            Lengths = lengths.View,
            Finished = ended.View,
            LogProbabilities = gathered.View,
            InputIds = inputIds.View,
            Positions = positions.View,
            Chosen = chosen.View,
        };
        return new PreparedCase
        {
            Run = KernelCase.Finished(device, () => TokenChoice.Run(device, args)),
            Verify = () =>
            {
                var tokens = chosen.ToArray();
                var scoresOfTokens = tokens.Select((token, row) => values[(row * test.Vocabulary) + token]);
                var isWritten = lengths.ToArray().All(length => length == 2) && positions.ToArray().All(position => position == 1)
                    && ended.ToArray().All(one => one == 0) && inputIds.ToArray().SequenceEqual(tokens) && gathered.ToArray().SequenceEqual(scoresOfTokens)
                    && tokens.SequenceEqual(history.ToArray().Where((_, i) => i % Capacity == 1));
                return !isWritten ? double.PositiveInfinity : Enumerable.Range(0, test.Rows).Max(row =>
                {
                    var own = Row(values, test, row);
                    // Rows that are alike but for rounding noise: as near to the best as the noise's own rounding.
                    var (best, behind) = TokenChoiceReference.Row(own, token => sample ? Noise(test, row, token) : 0);
                    var allowed = sample && float.IsFinite(own[best]) ? 1e-6 * Math.Max(4, Math.Abs((double)own[best])) : 0;
                    if (!sample)
                        return PreparedCase.Exact(tokens[row] == best);
                    return behind[tokens[row]] == 0 ? 0 : allowed == 0 ? double.PositiveInfinity : behind[tokens[row]] / allowed;
                });
            },
            Bytes = sizeof(float) * (double)values.Length,
            Owned = [scores, history, logSums, gathered, streams, .. rows],
        };
    }

    private static IEnumerable<ScoreCase> Tests(bool odd) => ScoreCases.Real.Concat(odd ? ScoreCases.Small : []);

    private static float[] Row(float[] values, ScoreCase test, int row) => values[(row * test.Vocabulary)..((row + 1) * test.Vocabulary)];
}
