using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>
/// The choice of each row's next token, the likeliest or a drawn one, and what is written down of it. Two rows share an image.
/// </summary>
/// <param name="test">The rows.</param>
/// <param name="sample">The token is drawn.</param>
/// <param name="isOpposite">The scores all but undo the noise: whatever is wrong in one token's noise decides.</param>
internal sealed class TokenChoiceOperator(ScoreCase test, bool sample, bool isOpposite = false)
    : OperatorCase("tokenchoice", isOpposite ? $"draw from the noise's opposite, {test}" : $"{(sample ? "draw from" : "best of")} {test}")
{
    // Both have something in their upper halves.
    private const ulong Seed = 0x5DEECE66D, Stream = 5_000_000_000;

    // A run writes down a token and makes the row longer: there is room for more of them than are measured.
    private const int Capacity = 1 << 18;

    /// <summary>Every case.</summary>
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. from test in ScoreCases.Real from sample in Both select new TokenChoiceOperator(test, sample) { Size = CaseSize.Real },
        .. from test in ScoreCases.Small from sample in Both select new TokenChoiceOperator(test, sample),
        new TokenChoiceOperator(new(5, 99), sample: true, isOpposite: true),
    ];

    private static bool[] Both => [false, true];

    private int RowsPerImage => Math.Min(2, test.Rows);

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        float[] values = isOpposite
            ? [.. Enumerable.Range(0, test.Rows * test.Vocabulary)
                .Select(i => (1e-4f * (i * 37 % test.Vocabulary)) - Noise(i / test.Vocabulary, i % test.Vocabulary))]
            : test.Make();
        var images = (test.Rows + RowsPerImage - 1) / RowsPerImage;
        var scores = buffers.Upload(values);
        var history = buffers.Allocate<int>((long)test.Rows * Capacity);
        var lengths = PerRow(1);
        var finished = PerRow(0);
        var inputIds = PerRow(1);
        var positions = PerRow(1);
        var chosen = PerRow(1);
        var logProbabilities = buffers.Allocate<float>(test.Rows);
        var args = new TokenChoiceArgs
        {
            Scores = scores.View,
            Logits = scores.View,
            LogSums = buffers.Allocate<float>(test.Rows).View,
            Rows = test.Rows,
            RowsPerSource = 1,
            RowsPerImage = RowsPerImage,
            Vocabulary = test.Vocabulary,
            Capacity = Capacity,
            Sample = sample,
            Seed = Seed,
            Streams = buffers.Upload<long>([.. Enumerable.Range(0, images).Select(image => (long)Stream + image)]).View,
            StopToken = -1,
            PadToken = 0,
            // Small rows end at their second next token; no row that is timed ends.
            Limits = PerRow(Size == CaseSize.Real ? Capacity : 3).View,
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
            Run = form => TokenChoice.Run(buffers.Device, args, buffers.IsPortable(form)),
            Compare = () =>
            {
                var tokens = chosen.ToArray();
                int[] One(int value) => [.. Enumerable.Repeat(value, test.Rows)];
                float[] scoresOfTokens = [.. tokens.Select((token, row) => test.Row(values, row)[token])];
                return Choices(values, tokens)
                    .Or(Agreement.Exact(One(2), lengths.ToArray(), "length of row"))
                    .Or(Agreement.Exact(One(1), positions.ToArray(), "position of row"))
                    .Or(Agreement.Exact(One(0), finished.ToArray(), "end of row"))
                    .Or(Agreement.Exact(tokens, inputIds.ToArray(), "next token of row"))
                    .Or(Agreement.Exact(scoresOfTokens, logProbabilities.ToArray(), "log-probability of row"))
                    .Or(Agreement.Exact(tokens, [.. history.ToArray().Where((_, i) => i % Capacity == 1)], "history of row"));
            },
            Bytes = sizeof(float) * (double)values.Length,
        };

        Kernels.Devices.DeviceBuffer<int> PerRow(int value) => buffers.Upload<int>([.. Enumerable.Repeat(value, test.Rows)]);
    }

    private Agreement Choices(float[] values, int[] tokens) =>
        tokens.Select((token, row) => Choice(row, test.Row(values, row), token)).Aggregate((worst, next) => worst.Or(next));

    // Rows that are alike but for rounding noise: as near to the best as the noise's own rounding.
    private Agreement Choice(int row, float[] scores, int token)
    {
        var (best, behind) = TokenChoiceReference.Row(scores, other => sample ? Noise(row, other) : 0);
        var where = $"row {row}: {token}, not {best}";
        if (!sample || !float.IsFinite(scores[best]))
            return Agreement.Of(sample ? (behind[token] == 0 ? null : where) : token == best ? null : where);
        return new(behind[token] == 0 ? 0 : behind[token] / (1e-6 * Math.Max(4, Math.Abs((double)scores[best]))), where);
    }

    private float Noise(int row, int token) => Philox.Gumbel(Seed, Stream + (ulong)(row / RowsPerImage), row % RowsPerImage, 1, token);
}
