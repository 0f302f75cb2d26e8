using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Tests.Kernels;

public class SamplingTopCandidatesTests
{
    private static readonly int[] Counts = [1, 2, 6, 21];

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void The_highest_sums_come_in_the_order_of_a_sort(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in ScoreCases.Small.Concat(ScoreCases.Real))
        {
            var scores = test.Make();
            // As beams have it: one within reach, the others far below, where many sums are equal after rounding.
            var running = Enumerable.Range(0, test.Rows).Select(row => row % 3 == 2 ? -1e9f : -1.7f * row).ToArray();
            foreach (var count in Counts.Where(count => count <= test.Vocabulary))
            {
                var (tokens, sums, orders) = SamplingRun.TopCandidates(device, id, test, scores, running, count);
                var expected = Enumerable.Range(0, test.Rows)
                    .SelectMany(row => TopCandidatesReference.Row(scores[(row * test.Vocabulary)..((row + 1) * test.Vocabulary)], running[row], _ => 0, count)).ToArray();
                Assert.Equal(expected.Select(candidate => candidate.Token), tokens);
                Assert.Equal(expected.Select(candidate => candidate.Sum), sums);
                Assert.Equal(sums, orders);
            }
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Scores_that_are_no_numbers_count_as_impossible(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in ScoreCases.Broken)
        {
            var scores = test.Make();
            foreach (var count in Counts.Where(count => count <= test.Vocabulary))
            {
                var (tokens, sums, _) = SamplingRun.TopCandidates(device, id, test, scores, new float[test.Rows], count);
                for (var row = 0; row < test.Rows; row++)
                {
                    var best = Enumerable.Range(0, test.Vocabulary).Select(token => (Token: token, Score: scores[(row * test.Vocabulary) + token]))
                        .Select(candidate => candidate with { Score = float.IsNaN(candidate.Score) ? float.NegativeInfinity : candidate.Score })
                        .OrderByDescending(candidate => candidate.Score).ThenBy(candidate => candidate.Token).Take(count).ToArray();
                    Assert.Equal(best.Select(candidate => candidate.Token), tokens.Skip(row * count).Take(count));
                    Assert.Equal(best.Select(candidate => candidate.Score), sums.Skip(row * count).Take(count));
                }
            }
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Draws_come_in_the_order_of_sum_and_noise(string id)
    {
        using var device = Variants.Open(id);
        const int RowsPerImage = 2;
        const ulong Seed = 0xABCDEF0123456789;
        foreach (var test in ScoreCases.Small.Append(ScoreCases.Real[1]))
        {
            var scores = test.Make();
            var running = Enumerable.Range(0, test.Rows).Select(row => -1.7f * row).ToArray();
            var streams = Enumerable.Range(0, (test.Rows + 1) / RowsPerImage).Select(image => 5_000_000_000L + image).ToArray();
            var lengths = Enumerable.Range(0, test.Rows).Select(row => 1 + row).ToArray();
            foreach (var count in Counts.Where(count => count <= test.Vocabulary))
            {
                var (tokens, sums, orders) = SamplingRun.TopCandidates(device, id, test, scores, running, count, Seed, streams, lengths, RowsPerImage);
                for (var row = 0; row < test.Rows; row++)
                {
                    double Noise(int token) => Philox.Gumbel(Seed, (ulong)streams[row / RowsPerImage], row % RowsPerImage, lengths[row], token);
                    var all = TopCandidatesReference.Row(scores[(row * test.Vocabulary)..((row + 1) * test.Vocabulary)], running[row], Noise, test.Vocabulary);
                    var drawn = (row * count)..((row + 1) * count);
                    Assert.Equal(count, tokens[drawn].Distinct().Count());
                    for (var i = 0; i < count; i++)
                    {
                        var place = (row * count) + i;
                        var own = all.Single(candidate => candidate.Token == tokens[place]);
                        Assert.Equal(own.Sum, sums[place]);
                        // The token's own order, and the order that belongs at this place: both but for the rounding of the noise.
                        Close(own.Order, orders[place]);
                        Close(all[i].Order, orders[place]);
                    }
                }
            }
        }
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused()
    {
        using var device = Device.Open("cpu");
        var test = new ScoreCase(2, 5);
        string Refused(int count, float[] running) =>
            Assert.Throws<ArgumentException>(() => SamplingRun.TopCandidates(device, "cpu", test, test.Make(), running, count)).Message;
        Assert.Contains("Count is 6", Refused(6, [0, 0]), StringComparison.Ordinal);
        Assert.Contains("Running holds 1", Refused(2, [0]), StringComparison.Ordinal);
    }

    private static void Close(double expected, float actual) =>
        Assert.True(expected == actual || Math.Abs(expected - actual) <= 1e-6 * Math.Max(4, Math.Abs(expected)), $"order {actual:g9}, not {expected:g9}");
}
