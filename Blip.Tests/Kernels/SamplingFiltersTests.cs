using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

public class SamplingFiltersTests
{
    // The cases mean something: a sort in double decides nearly every token, in spite of rounding.
    [Fact]
    public void Rounding_decides_about_few_tokens()
    {
        ScoreCase[] tests = [.. ScoreCases.Small, ScoreCases.Real[0]];
        var scores = tests.Select(test => test.Make()).ToArray();
        var tokens = scores.Sum(rows => rows.Length);
        foreach (var filter in ScoreCases.Filters)
        {
            var undecided = tests.Zip(scores).Sum(one =>
                Enumerable.Range(0, one.First.Rows).Sum(row => filter.Undecided(one.First, one.First.Row(one.Second, row))));
            Assert.True(undecided * 1000 <= tokens, $"{filter}: rounding decides about {undecided} of {tokens} tokens");
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Filters_together_are_the_filters_one_after_the_other(string id)
    {
        var together = new FilterCase("all")
        {
            Temperature = 3,
            TopK = 200,
            TopP = 0.95f,
            MinP = 0.08f,
            TypicalP = 0.9f,
            EpsilonCutoff = 0.0045f,
            EtaCutoff = 0.9f,
        };
        var off = new FilterCase("off");
        OneAfterTheOther(
            id, together, off with { Temperature = together.Temperature, TopK = together.TopK }, off with { TopP = together.TopP },
            off with
            {
                MinP = together.MinP,
            }, off with { TypicalP = together.TypicalP }, off with { EpsilonCutoff = together.EpsilonCutoff },
            off with { EtaCutoff = together.EtaCutoff });
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Top_h_stands_between_temperature_and_top_k(string id)
    {
        var together = new FilterCase("all") { Temperature = 3, TopH = 0.9f, TopK = 20 };
        var off = new FilterCase("off");
        OneAfterTheOther(
            id, together, off with
            {
                Temperature = together.Temperature,
            }, off with { TopH = together.TopH }, off with { TopK = together.TopK });
    }

    private static void OneAfterTheOther(string id, FilterCase together, params IEnumerable<FilterCase> singles)
    {
        using var device = Variants.Open(id);
        var test = new ScoreCase(3, 307);
        var scores = test.Make();
        var expected = scores;
        foreach (var single in singles)
        {
            var narrowed = Filtered(device, id, test, expected, single);
            Assert.NotEqual(expected, narrowed);
            expected = narrowed;
        }
        Assert.Equal(expected, Filtered(device, id, test, scores, together));
    }

    /// <summary>
    /// Probabilities 1/2, 1/4, 1/8 and 1/8 add 0.347, 0.347, 0.260 and 0.260 to an entropy of 1.213: two fit into 0.6 of it, three into
    /// 0.8, and the first stays where not even it fits.
    /// </summary>
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Top_h_keeps_tokens_by_what_they_add_to_the_entropy(string id)
    {
        using var device = Variants.Open(id);
        var scores = new[] { 1f, 2f, 1f, 3f, float.NegativeInfinity }.Select(power => power * MathF.Log(2)).ToArray();

        Assert.Equal([3], Kept(0.2f));
        Assert.Equal([1, 3], Kept(0.6f));
        Assert.Equal([0, 1, 3], Kept(0.8f));
        Assert.Equal([0, 1, 2, 3], Kept(1f));

        int[] Kept(float share) =>
            [.. Filtered(device, id, new ScoreCase(1, scores.Length), scores, new FilterCase("") { TopH = share }).Index()
                .Where(score => score.Item > float.NegativeInfinity).Select(score => score.Index)];
    }

    /// <summary>Tokens less likely than the hundred likeliest go, for any entropy.</summary>
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Top_h_looks_at_a_hundred_tokens(string id)
    {
        using var device = Variants.Open(id);
        var scores = Enumerable.Range(0, 130).Select(token => 2f - (token / 1000f)).ToArray();

        var actual = Filtered(device, id, new ScoreCase(1, scores.Length), scores, new FilterCase("") { TopH = 1 });

        Assert.Equal([.. scores[..100], .. Enumerable.Repeat(float.NegativeInfinity, 30)], actual);
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Of_equal_scores_top_h_keeps_the_lower_tokens(string id)
    {
        using var device = Variants.Open(id);
        // Nine equal shares; 0.4 of the entropy is three of them, and a part of a fourth.
        var actual = Filtered(device, id, new ScoreCase(1, 9), [.. Enumerable.Repeat(2f, 9)], new FilterCase("") { TopH = 0.4f });

        Assert.Equal([.. Enumerable.Repeat(2f, 3), .. Enumerable.Repeat(float.NegativeInfinity, 6)], actual);
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Of_equal_scores_top_p_drops_the_lower_tokens(string id)
    {
        using var device = Variants.Open(id);
        // Nine equal shares; 0.35 of the sum may go, which is three of them.
        var actual = Filtered(device, id, new ScoreCase(1, 9), [.. Enumerable.Repeat(2f, 9)], new FilterCase("") { TopP = 0.65f });
        Assert.Equal([.. Enumerable.Repeat(float.NegativeInfinity, 3), .. Enumerable.Repeat(2f, 6)], actual);
    }

    [Fact]
    public void Filters_out_of_range_and_short_views_are_refused()
    {
        using var device = Device.Open("cpu");
        using var scores = device.Allocate<float>(10);
        string Refused(FilterCase filter, int vocabulary) => Assert.Throws<ArgumentException>(() =>
        {
            var args = filter.Args;
            (args.Scores, args.Scratch, args.Rows, args.Vocabulary) = (scores.View, scores.View, 2, vocabulary);
            SamplingFilters.Run(device, args);
        }).Message;
        Assert.Contains("Scores holds 10", Refused(new FilterCase(""), 6), StringComparison.Ordinal);
        Assert.Contains("Temperature is 0", Refused(new FilterCase("") { Temperature = 0 }, 5), StringComparison.Ordinal);
        Assert.Contains("TopP is NaN", Refused(new FilterCase("") { TopP = float.NaN }, 5), StringComparison.Ordinal);
        Assert.Contains("TopH is 2", Refused(new FilterCase("") { TopH = 2 }, 5), StringComparison.Ordinal);
        Assert.Contains("MinP is 2", Refused(new FilterCase("") { MinP = 2 }, 5), StringComparison.Ordinal);
        Assert.Contains("LeastTokens is 3", Refused(new FilterCase("") { LeastTokens = 3 }, 5), StringComparison.Ordinal);
    }

    private static float[] Filtered(Device device, string id, ScoreCase test, float[] scores, FilterCase filter) =>
        new SamplingFiltersOperator(test, filter, scores).Run(device);
}
