using Blip.Kernels;
using Blip.Tests.Cases;

namespace Blip.Tests.Kernels;

public class TopCandidatesTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void The_best_come_first_and_equal_ones_by_token(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in SamplingCases.All)
        {
            var logits = test.Make();
            var gathered = Enumerable.Range(0, test.Rows).Select(row => row * -1.5f).ToArray();
            foreach (var count in new[] { 1, 2, 6, 40 }.Select(count => Math.Min(count, test.Vocabulary)).Distinct())
            {
                using var scores = device.Upload<float>(logits);
                using var running = device.Upload<float>(gathered);
                using var orders = device.Allocate<float>(test.Rows * count);
                using var sums = device.Allocate<float>(test.Rows * count);
                using var tokens = device.Allocate<int>(test.Rows * count);
                var args = new TopCandidatesArgs
                {
                    Scores = scores.View,
                    Running = running.View,
                    Rows = test.Rows,
                    RowsPerImage = test.Rows,
                    Vocabulary = test.Vocabulary,
                    Count = count,
                    Orders = orders.View,
                    Sums = sums.View,
                    Tokens = tokens.View,
                };
                TopCandidates.Run(device, args, Variants.Portable(id));
                var (actualTokens, actualSums) = (tokens.ToArray(), sums.ToArray());
                Assert.Equal(actualSums, orders.ToArray());
                for (var row = 0; row < test.Rows; row++)
                {
                    var all = Enumerable.Range(0, test.Vocabulary).Select(token => (Sum: Sum(logits[(row * test.Vocabulary) + token], gathered[row]), Token: token));
                    var best = all.OrderByDescending(candidate => candidate.Sum).ThenBy(candidate => candidate.Token).Take(count).ToArray();
                    Assert.True(
                        best.Select(candidate => candidate.Token).SequenceEqual(actualTokens.Skip(row * count).Take(count)),
                        $"{test}, {count} on {id}: row {row} has the tokens {string.Join(' ', actualTokens.Skip(row * count).Take(count))}");
                    Assert.Equal(best.Select(candidate => candidate.Sum), actualSums.Skip(row * count).Take(count));
                }
            }
        }
    }

    private static float Sum(float score, float gathered) => float.IsNaN(score) ? float.NegativeInfinity : score + gathered;
}
