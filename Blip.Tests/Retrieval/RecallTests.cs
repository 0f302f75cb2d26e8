using Blip.Runtime.Retrieval;
using CsCheck;

namespace Blip.Tests.Retrieval;

public class RecallTests
{
    // Two images, five texts; worked out by hand.
    [Fact]
    public void Both_directions_of_a_small_table_are_what_they_are_by_hand()
    {
        float[] imageToText =
        [
            0.9f, 0.1f, 0.8f, 0.2f, 0.3f, // texts 0 and 1 are right: text 0 is first
            0.9f, 0.8f, 0.1f, 0.7f, 0.2f, // texts 2, 3 and 4 are right: text 3 is third
        ];
        float[] textToImage = [1, 0, /**/ 0, 1, /**/ 1, 0, /**/ 0, 1, /**/ 1, 1]; // the last is a tie: image 0 stands before image 1

        var (images, texts) = Recall.Of(imageToText, textToImage, [0, 0, 1, 1, 1], 2);

        Assert.Equal(new Recall(50, 100, 100, 2), images);
        Assert.Equal(new Recall(40, 100, 100, 5), texts);
        Assert.Equal(80, texts.Mean);
    }

    [Fact]
    public void A_rank_counts_what_scores_higher_or_as_high_before() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 8], Gen.Int[0, 1000]).Sample((candidates, levels, seed) =>
        {
            var random = new Random(seed);
            var scores = Enumerable.Range(0, candidates).Select(_ => random.Next(10) == 0 ? float.NaN : (float)random.Next(levels + 1))
                .ToArray();
            var right = Enumerable.Range(0, candidates).Where(_ => random.Next(3) == 0).DefaultIfEmpty(random.Next(candidates)).ToArray();

            var order = Enumerable.Range(0, candidates).OrderByDescending(i => float.IsNaN(scores[i]) ? float.NegativeInfinity : scores[i])
                .ThenBy(i => i).ToList();

            Assert.Equal(Recall.Rank(order, right), Recall.Ranks(scores, 1, candidates, [right])[0]);
        });

    [Fact]
    public void Shares_are_of_ranks_below_1_5_and_10()
    {
        Assert.Equal(new Recall(20, 40, 60, 5), Recall.Of([0, 4, 9, 10, Recall.NotFound]));
        Assert.Equal(Recall.NotFound, Recall.Rank([3, 1, 2], [7]));
        Assert.True(double.IsNaN(Recall.Of([]).At1));
    }

    [Fact]
    public void Sizes_that_do_not_agree_are_refused()
    {
        Assert.Contains("holds 3 values", Assert.Throws<ArgumentException>(() => Recall.Ranks([1, 2, 3], 2, 2, [[0], [1]])).Message,
            StringComparison.Ordinal);
        Assert.Contains("query 1 has no right", Assert.Throws<ArgumentException>(() => Recall.Ranks([1, 2, 3, 4], 2, 2, [[0], []])).Message,
            StringComparison.Ordinal);
        Assert.Contains("candidate 2 is right", Assert.Throws<ArgumentException>(() => Recall.Ranks([1, 2], 1, 2, [[2]])).Message,
            StringComparison.Ordinal);
        Assert.Contains("text 1 belongs to image 5", Assert.Throws<ArgumentException>(() => Recall.Of([1, 2], [1, 2], [0, 5], 1)).Message,
            StringComparison.Ordinal);
    }
}
