using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Tests.Kernels;

public class SamplingLogSoftmaxTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_copy_holds_the_logits_and_no_NaN(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in ScoreCases.Small.Concat(ScoreCases.Broken))
        {
            var logits = test.Make();
            var (scores, _) = SamplingRun.LogSoftmax(device, id, test, logits, normalize: false);
            Assert.Equal(logits.Select(logit => logit < float.PositiveInfinity ? logit : float.NegativeInfinity), scores);
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_gives_the_same_bits_alone_and_in_a_batch(string id)
    {
        using var device = Variants.Open(id);
        var test = new ScoreCase(16, 1031);
        var logits = test.Make();
        var batch = SamplingRun.LogSoftmax(device, id, test, logits).Scores;
        foreach (var row in new[] { 0, 7, 15 })
        {
            var alone = SamplingRun.LogSoftmax(device, id, test with { Rows = 1 }, logits[(row * 1031)..((row + 1) * 1031)]).Scores;
            Assert.Equal(batch[(row * 1031)..((row + 1) * 1031)], alone);
        }
    }
}
