using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Each row's likeliest or drawn token, and its records. Two rows share an image.</summary>
/// <param name="test">The rows.</param>
/// <param name="sample">Whether it is drawn.</param>
/// <param name="isOpposite">Whether scores nearly cancel the noise, so that any error in the noise decides.</param>
internal sealed class TokenChoiceOperator(ScoreCase test, bool sample, bool isOpposite = false)
    : OperatorCase("tokenchoice", isOpposite ? $"draw from the noise's opposite, {test}" : $"{(sample ? "draw from" : "best of")} {test}")
{
    // Both have bits in their upper halves.
    private const ulong Seed = 0x5DEECE66D, Stream = 5_000_000_000;

    private const int Pad = 0, Untouched = -7;

    private const float Gathered = -2.5f;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. from test in ScoreCases.Real from sample in Both select new TokenChoiceOperator(test, sample) { Size = CaseSize.Real },
        .. from test in ScoreCases.Small from sample in Both select new TokenChoiceOperator(test, sample),
        new TokenChoiceOperator(new(5, 99), sample: true, isOpposite: true),
        .. from test in ScoreCases.Real from sample in Both select new TokenChoiceOperator(test, sample) { Size = CaseSize.Large },
    ];

    private static bool[] Both => [false, true];

    // Timed runs lengthen rows, and none may end.
    private bool IsTimed => Size == CaseSize.Real;

    private int Capacity => IsTimed ? 1 << 18 : 24;

    private int RowsPerImage => Math.Min(2, test.Rows);

    private int Images => (test.Rows + RowsPerImage - 1) / RowsPerImage;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        float[] values = isOpposite
            ? [.. Enumerable.Range(0, test.Rows * test.Vocabulary)
                .Select(i => (1e-4f * (i * 37 % test.Vocabulary)) - Noise(i / test.Vocabulary, i % test.Vocabulary))]
            : test.Make();
        var stop = IsTimed ? -1 : TokenChoiceReference.Row(test.Row(values, 0), _ => 0).Token;
        var scores = buffers.Upload(values);
        var history = buffers.Upload<int>([.. Enumerable.Repeat(Untouched, test.Rows * Capacity)]);
        var lengths = PerRow(Length);
        var finished = PerRow(row => IsFinished(row) ? 1 : 0);
        var inputIds = PerRow(_ => Untouched);
        var positions = PerRow(_ => Untouched);
        var chosen = PerRow(_ => Untouched);
        var logProbabilities = PerRow(_ => Gathered);
        var args = new TokenChoiceArgs
        {
            Scores = scores.View,
            Logits = scores.View,
            LogSums = PerRow(LogSum).View,
            Rows = test.Rows,
            RowsPerSource = 1,
            RowsPerImage = RowsPerImage,
            Vocabulary = test.Vocabulary,
            Capacity = Capacity,
            Sample = sample,
            Seed = Seed,
            Streams = buffers.Upload<long>([.. Enumerable.Range(0, Images).Select(image => (long)Stream + image)]).View,
            StopToken = stop,
            PadToken = Pad,
            Limits = buffers.Upload<int>([.. Enumerable.Range(0, Images).Select(Limit)]).View,
            History = history.View,
            Lengths = lengths.View,
            Finished = finished.View,
            LogProbabilities = logProbabilities.View,
            InputIds = inputIds.View,
            Positions = positions.View,
            Chosen = chosen.View,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => TokenChoice.Run(buffers.Device, args),
            Compare = () =>
            {
                var tokens = chosen.ToArray();
                var after = new Outcome(
                    tokens, history.ToArray(), lengths.ToArray(), finished.ToArray(), inputIds.ToArray(), positions.ToArray(),
                    logProbabilities.ToArray());
                return Enumerable.Range(0, test.Rows)
                    .Select(row => (Index: row, Scores: test.Row(values, row)))
                    .Select(row => Choice(row.Index, row.Scores, tokens[row.Index])
                        .Or(Agreement.Of(Wrong(row.Index, row.Scores, stop, after))))
                    .Aggregate((worst, next) => worst.Or(next));
            },
            Bytes = sizeof(float) * (double)values.Length,
        };

        DeviceBuffer<T> PerRow<T>(Func<int, T> value)
            where T : unmanaged => buffers.Upload<T>([.. Enumerable.Range(0, test.Rows).Select(value)]);
    }

    // Small cases have rows of different lengths, ended rows, and rows at their last place.
    private int Length(int row) => IsTimed ? 1 : row == 2 ? 3 : 1 + (row % 2);

    private bool IsFinished(int row) => !IsTimed && row % 5 == 4;

    private int Limit(int image) => !IsTimed && image == 1 ? 4 : Capacity;

    private float LogSum(int row) => 3 + (0.5f * row);

    // A drawn token is the best within the noise's rounding.
    private Agreement Choice(int row, float[] scores, int token)
    {
        if (IsFinished(row))
            return Agreement.Of(token == -1 ? null : $"row {row}: {token}, not -1 of a row that ended");
        if (token < 0 || token >= test.Vocabulary)
            return Agreement.Of($"row {row}: {token} is no token");
        var (best, behind) = TokenChoiceReference.Row(scores, other => sample ? Noise(row, other) : 0);
        var where = $"row {row}: {token}, not {best}";
        if (!sample)
            return Agreement.Of(token == best ? null : where);
        var bound = float.IsFinite(scores[best]) ? 1e-6 * Math.Max(4, Math.Abs((double)scores[best])) : 0;
        return new(behind[token] == 0 ? 0 : behind[token] / bound, where);
    }

    // The error in a row's tables, or null.
    private string? Wrong(int row, float[] scores, int stop, Outcome after)
    {
        var (token, length) = (after.Chosen[row], Length(row));
        var written = after.History.AsSpan(row * Capacity, Capacity);
        if (IsFinished(row))
        {
            var isSame = (after.Lengths[row], after.Finished[row], after.LogProbabilities[row]) == (length, 1, Gathered);
            return isSame && !written.ContainsAnyExcept(Untouched) ? null : $"row {row} had ended, and is changed";
        }
        if (token < 0)
            return $"row {row} has no token";
        var isLast = token == stop || length + 1 == Limit(row / RowsPerImage);
        if (written[length] != token || after.Lengths[row] != length + 1)
            return $"row {row}: {written[length]} at {length} of {after.Lengths[row]}";
        if (after.Finished[row] != (isLast ? 1 : 0))
            return $"row {row} is {(isLast ? "not " : "")}at its end";
        if ((after.InputIds[row], after.Positions[row]) != (isLast ? Pad : token, length))
            return $"row {row} goes on with {after.InputIds[row]} at {after.Positions[row]}";
        var expected = Gathered + (scores[token] - LogSum(row));
        var given = after.LogProbabilities[row];
        return given == expected ? null : $"row {row}: log-probability {given:g9}, not {expected:g9}";
    }

    private float Noise(int row, int token) =>
        Philox.Gumbel(Seed, Stream + (ulong)(row / RowsPerImage), row % RowsPerImage, Length(row), token);

    private sealed record Outcome(
        int[] Chosen, int[] History, int[] Lengths, int[] Finished, int[] InputIds, int[] Positions, float[] LogProbabilities);
}
