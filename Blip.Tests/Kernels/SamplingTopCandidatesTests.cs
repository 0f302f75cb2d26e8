using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Tests.Kernels;

public class SamplingTopCandidatesTests
{
    private static readonly int[] Counts = [1, 2, 6, 21];

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
                    var best = Enumerable.Range(0, test.Vocabulary)
                        .Select(token => (Token: token, Score: scores[(row * test.Vocabulary) + token]))
                        .Select(candidate =>
                            candidate with { Score = float.IsNaN(candidate.Score) ? float.NegativeInfinity : candidate.Score })
                        .OrderByDescending(candidate => candidate.Score).ThenBy(candidate => candidate.Token).Take(count).ToArray();
                    Assert.Equal(best.Select(candidate => candidate.Token), tokens.Skip(row * count).Take(count));
                    Assert.Equal(best.Select(candidate => candidate.Score), sums.Skip(row * count).Take(count));
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
}
