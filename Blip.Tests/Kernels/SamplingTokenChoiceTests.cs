using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Tests.Kernels;

public class SamplingTokenChoiceTests
{
    private const int RowsPerImage = 2, Capacity = 24, Pad = 0;
    private const ulong Seed = 77;

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void The_likeliest_token_is_taken_the_lowest_of_equal_ones(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in ScoreCases.Small.Concat(ScoreCases.Real))
        {
            using var choice = new Choice(device, id, test, sample: false);
            for (var row = 0; row < test.Rows; row++)
            {
                if (choice.Chosen[row] >= 0)
                    Assert.Equal(TokenChoiceReference.Row(choice.Row(row), _ => 0).Token, choice.Chosen[row]);
            }
            choice.CheckWhatFollows();
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_draw_is_the_token_with_the_highest_score_and_noise(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in ScoreCases.Small.Concat(ScoreCases.Real))
        {
            using var choice = new Choice(device, id, test, sample: true);
            for (var row = 0; row < test.Rows; row++)
            {
                if (choice.Chosen[row] < 0)
                    continue;
                var (best, behind) = TokenChoiceReference.Row(
                    choice.Row(row), token => Philox.Gumbel(Seed, (ulong)choice.Streams[row / RowsPerImage], row % RowsPerImage, choice.Lengths[row], token));
                var scale = Math.Max(4, Math.Abs((double)choice.Row(row)[best]));
                Assert.True(behind[choice.Chosen[row]] <= (double.IsFinite(scale) ? 1e-6 * scale : 0), $"{test} on {id}, row {row}: {choice.Chosen[row]}, not {best}");
            }
            choice.CheckWhatFollows();
        }
    }

    [Fact]
    public void The_random_words_are_those_of_the_publication()
    {
        // The known answers that come with the authors' library.
        Assert.Equal([0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u], Words(0, 0, 0, 0, 0));
        Assert.Equal([0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu], Words(ulong.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue));
        Assert.Equal([0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u], Words(0x299f31d0a4093822, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344));

        static uint[] Words(ulong key, uint c0, uint c1, uint c2, uint c3) => [.. Enumerable.Range(0, 4).Select(word => Philox.Draw(key, c0, c1, c2, c3, word))];
    }

    [Fact]
    public void Noise_agrees_with_its_formula_in_double()
    {
        var noises = Enumerable.Range(0, 100_000).Select(token => (
            Actual: Philox.Gumbel(Seed, 9, 3, 11, token),
            Expected: TokenChoiceReference.Gumbel(Philox.Draw(Seed, (uint)token >> 2, (3u << 16) ^ 11, 9, 0, token & 3)))).ToArray();
        // Below -1 the float v is near 1 and has few digits of 1 - v left; such noise hardly ever wins.
        Assert.All(noises.Where(noise => noise.Expected > -1), noise => Assert.Equal(noise.Expected, noise.Actual, 4e-6));
        Assert.All(noises, noise => Assert.Equal(noise.Expected, noise.Actual, 5e-2));
        // Mean and variance of the distribution: Euler's constant and π² / 6, within four standard errors.
        var mean = noises.Average(noise => (double)noise.Actual);
        Assert.Equal(0.5772, mean, 0.0163);
        Assert.Equal(Math.PI * Math.PI / 6, noises.Average(noise => Math.Pow(noise.Actual - mean, 2)), 0.044);
    }

    [Fact]
    public void Views_that_are_too_short_are_refused()
    {
        using var device = Device.Open("cpu");
        using var floats = device.Allocate<float>(10);
        var args = new TokenChoiceArgs { Scores = floats.View, Logits = floats.View, Rows = 3, RowsPerSource = 1, RowsPerImage = 1, Vocabulary = 4, Capacity = 5 };
        Assert.Contains("Scores holds 10", Assert.Throws<ArgumentException>(() => TokenChoice.Run(device, args)).Message, StringComparison.Ordinal);
        args.Vocabulary = 3;
        Assert.Contains("History holds 0", Assert.Throws<ArgumentException>(() => TokenChoice.Run(device, args)).Message, StringComparison.Ordinal);
    }

    /// <summary>One choice with every other thing a row may be: ended before, at its last place, saying the stop token.</summary>
    private sealed class Choice : IDisposable
    {
        private const float Gathered = -2.5f;

        private readonly List<IDisposable> buffers = [];
        private readonly ScoreCase test;
        private readonly float[] scores, logSums;
        private readonly int stop;
        private readonly int[] limits, finished;
        private readonly DeviceBuffer<int> history, lengths, ended, inputIds, positions;
        private readonly DeviceBuffer<float> logProbabilities;

        public Choice(Device device, string id, ScoreCase test, bool sample)
        {
            this.test = test;
            scores = test.Make();
            var images = (test.Rows + RowsPerImage - 1) / RowsPerImage;
            stop = TokenChoiceReference.Row(Row(0), _ => 0).Token;
            logSums = [.. Enumerable.Range(0, test.Rows).Select(row => 3 + (0.5f * row))];
            finished = [.. Enumerable.Range(0, test.Rows).Select(row => row % 5 == 4 ? 1 : 0)];
            limits = [.. Enumerable.Range(0, images).Select(image => image == 1 ? 4 : Capacity)];
            Streams = [.. Enumerable.Range(0, images).Select(image => (long)image << 33)];
            Lengths = [.. Enumerable.Range(0, test.Rows).Select(row => row == 2 ? 3 : 1 + (row % 2))];
            history = Upload(device, Enumerable.Repeat(-7, test.Rows * Capacity));
            lengths = Upload(device, Lengths);
            ended = Upload(device, finished);
            inputIds = Upload(device, Enumerable.Repeat(-7, test.Rows));
            positions = Upload(device, Enumerable.Repeat(-7, test.Rows));
            logProbabilities = Upload(device, Enumerable.Repeat(Gathered, test.Rows));
            var chosen = Upload(device, Enumerable.Repeat(-7, test.Rows));
            TokenChoice.Run(device, new TokenChoiceArgs
            {
                Scores = Upload(device, scores).View,
                Logits = Upload(device, scores).View,
                LogSums = Upload(device, logSums).View,
                Rows = test.Rows,
                RowsPerSource = 1,
                RowsPerImage = RowsPerImage,
                Vocabulary = test.Vocabulary,
                Capacity = Capacity,
                Sample = sample,
                Seed = Seed,
                Streams = Upload(device, Streams).View,
                StopToken = stop,
                PadToken = Pad,
                Limits = Upload(device, limits).View,
                History = history.View,
                Lengths = lengths.View,
                Finished = ended.View,
                LogProbabilities = logProbabilities.View,
                InputIds = inputIds.View,
                Positions = positions.View,
                Chosen = chosen.View,
            }, Variants.Portable(id));
            Chosen = chosen.ToArray();
        }

        public int[] Chosen { get; }

        public int[] Lengths { get; }

        public long[] Streams { get; }

        public float[] Row(int row) => scores[(row * test.Vocabulary)..((row + 1) * test.Vocabulary)];

        public void CheckWhatFollows()
        {
            var (said, counted, over) = (history.ToArray(), lengths.ToArray(), ended.ToArray());
            var (next, places, sums) = (inputIds.ToArray(), positions.ToArray(), logProbabilities.ToArray());
            for (var row = 0; row < test.Rows; row++)
            {
                var (token, length) = (Chosen[row], Lengths[row]);
                if (finished[row] != 0)
                {
                    Assert.Equal((-1, length, 1, Gathered), (token, counted[row], over[row], sums[row]));
                    Assert.All(said[(row * Capacity)..((row + 1) * Capacity)], entry => Assert.Equal(-7, entry));
                    continue;
                }
                var last = token == stop || length + 1 == limits[row / RowsPerImage];
                Assert.Equal((token, length + 1, last ? 1 : 0), (said[(row * Capacity) + length], counted[row], over[row]));
                Assert.Equal((last ? Pad : token, length), (next[row], places[row]));
                Assert.Equal(Gathered + (Row(row)[token] - logSums[row]), sums[row]);
            }
        }

        public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());

        private DeviceBuffer<T> Upload<T>(Device device, IEnumerable<T> values)
            where T : unmanaged
        {
            var buffer = device.Upload<T>([.. values]);
            buffers.Add(buffer);
            return buffer;
        }
    }
}
