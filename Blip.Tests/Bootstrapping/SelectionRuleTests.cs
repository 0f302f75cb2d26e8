using Blip.Bootstrapping.Selection;
using Blip.Bootstrapping.Tables;
using CsCheck;

namespace Blip.Tests.Bootstrapping;

public class SelectionRuleTests
{
    private static readonly Gen<Candidate> AnyCandidate = Gen.Select(
        OneOf<TextOrigin?>(TextOrigin.Web, TextOrigin.Synthetic, TextOrigin.Human),
        OneOf<string?>(null, "", " ", "a dog", "A  Dog", "a cat", "the sea", "犬", "a dog\n"),
        OneOf<double?>(null, 0, 0.2, 0.4999999, 0.5, 0.7, 1, double.NaN),
        OneOf<double?>(null, -0.5, 0.1, 0.3, 0.6),
        Gen.Int[1, 6],
        Gen.Int[0, 9]).Select((source, text, itm, itc, size, luck) => new Candidate
        {
            Shard = "00000", Index = 0, Key = "", Source = text is null ? null : source, Text = text, Itm = itm, Itc = itc,
            Width = 100 * size, Height = 300, ImageHash = luck == 0 ? null : $"{size:x32}", Error = luck == 1 ? "cut off" : null,
            Kept = luck % 2 == 0, Reason = "before",
        });

    private static readonly Gen<Candidate[][]> Samples = AnyCandidate.Array[1, 6].Array[0, 8].Select(samples => samples
        // All candidates of one image agree on it.
        .Select((sample, i) => sample.Select((candidate, number) => OfImage(candidate, sample[0], i, number)).ToArray()).ToArray());

    private static readonly Gen<SelectionOptions> AnyOptions = Gen.Select(
        OneOf<double?>(null, 0.2, 0.5), OneOf<double?>(null, 0.1), OneOf<int?>(null, 1, 2),
        OneOf(RankBy.Itm, RankBy.Itc), OneOf<int?>(null, 250), OneOf<double?>(null, 1.5),
        OneOf<string[]>([], ["SEA$"]), Gen.Int[0, 7]).Select((itm, itc, top, by, side, ratio, drop, flags) => new SelectionOptions
        {
            ItmThreshold = itm, ItcThreshold = itc, KeepTop = top, RankBy = by, MinSide = side, MaxAspectRatio = ratio, DropPatterns = drop,
            KeepPatterns = (flags & 1) != 0 ? ["[a-z]"] : [], DropDuplicateImages = (flags & 2) != 0, DropDuplicateTexts = (flags & 4) != 0,
        });

    // Options, then one candidate, then its reason: each test of the rule alone.
    public static TheoryData<string, SelectionOptions, Candidate, string> Cases => new()
    {
        { "above", new(), Web(0.9), "kept" },
        { "at the threshold", new(), Web(0.5), "kept" },
        { "just below", new(), Web(BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(0.5) - 1)), "itm" },
        { "a synthetic text is filtered, too", new(), Web(0.1) with { Source = TextOrigin.Synthetic }, "itm" },
        { "people's are not", new(), Web(0.1) with { Source = TextOrigin.Human }, "human" },
        { "people's without a score", new(), Web(null) with { Source = TextOrigin.Human }, "human" },
        { "people's of a failed image", new(), Web(0.9) with { Source = TextOrigin.Human, Error = "cut off" }, "error" },
        { "people's blank text", new(), Web(0.9) with { Source = TextOrigin.Human, Text = "\t" }, "no-text" },
        { "people's of a small image", new() { MinSide = 500 }, Web(0) with { Source = TextOrigin.Human }, "human" },
        { "people's with a word to drop", new() { DropPatterns = ["dog"] }, Web(0) with { Source = TextOrigin.Human }, "human" },
        { "a failed image", new() { MinSide = 500 }, Web(0.9) with { Error = "cut off" }, "error" },
        { "no text", new(), Web(null) with { Text = null, Source = null }, "no-text" },
        { "a blank text", new(), Web(0.9) with { Text = " \n" }, "no-text" },
        { "no score", new(), Web(null), "unscored" },
        { "no number", new(), Web(double.NaN), "unscored" },
        { "no score is needed", new() { ItmThreshold = null }, Web(null), "kept" },
        { "no cosine", new() { ItcThreshold = 0.2 }, Web(0.9), "unscored" },
        { "a low cosine", new() { ItcThreshold = 0.2 }, Web(0.9) with { Itc = 0.1 }, "itc" },
        { "both low", new() { ItcThreshold = 0.2 }, Web(0.1) with { Itc = 0.1 }, "itm" },
        { "a cosine that is enough", new() { ItcThreshold = 0.2 }, Web(0.9) with { Itc = 0.2 }, "kept" },
        { "nothing to rank by", new() { ItmThreshold = null, KeepTop = 1, RankBy = RankBy.Itc }, Web(0.9), "unscored" },
        { "a short side", new() { MinSide = 301 }, Web(0.9), "side" },
        { "a side that is enough", new() { MinSide = 300 }, Web(0.9), "kept" },
        { "an unknown size", new() { MinSide = 1 }, Web(0.9) with { Width = null }, "side" },
        { "too wide", new() { MaxAspectRatio = 1.33 }, Web(0.9), "aspect" },
        { "wide enough", new() { MaxAspectRatio = 4.0 / 3 }, Web(0.9), "kept" },
        { "too high", new() { MaxAspectRatio = 1.33 }, Web(0.9) with { Width = 300, Height = 400 }, "aspect" },
        { "no shape", new() { MaxAspectRatio = 3 }, Web(0.9) with { Width = null, Height = null }, "aspect" },
        { "side before aspect", new() { MinSide = 301, MaxAspectRatio = 1 }, Web(0.9), "side" },
        { "aspect before a blank text", new() { MaxAspectRatio = 1 }, Web(0.9) with { Text = "" }, "aspect" },
        { "a word to drop, in any case", new() { DropPatterns = ["cat", @"\bDOG\b"] }, Web(0.1), "pattern" },
        { "no word to drop", new() { DropPatterns = [@"\bdo\b"] }, Web(0.9), "kept" },
        { "another language", new() { KeepPatterns = [@"^[\p{IsCyrillic}\s]+$"] }, Web(0.1), "language" },
        { "one of the languages", new() { KeepPatterns = [@"^\p{IsCyrillic}+$", "^[a-z ]+$"] }, Web(0.9), "kept" },
        { "pattern before language", new() { DropPatterns = ["dog"], KeepPatterns = ["cat"] }, Web(0.9), "pattern" },
    };

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Each_test_has_its_reason(string name, SelectionOptions options, Candidate candidate, string reason)
    {
        var judged = Assert.Single(new SelectionRule(options).Apply([candidate]));

        Assert.True(reason == judged.Reason, $"{name}: {judged.Reason}");
        Assert.Equal(candidate with { Kept = reason is "kept" or "human", Reason = reason }, judged);
        Assert.Contains(reason, SelectionReasons.All);
    }

    [Fact]
    public void The_best_texts_of_an_image_are_kept_and_equals_by_origin_and_number()
    {
        Candidate[] sample =
        [
            Synthetic(1, "b", 0.8), Synthetic(0, "a", 0.8), Web(0.8) with { Text = "w" }, Synthetic(2, "c", 0.95), Synthetic(3, "d", 0.2),
            Web(0.1) with { Source = TextOrigin.Human, Text = "h" },
        ];

        Assert.Equal(["rank", "rank", "kept", "kept", "itm", "human"], Reasons(new() { KeepTop = 2 }, sample));
        Assert.Equal(["rank", "kept", "kept", "kept", "itm", "human"], Reasons(new() { KeepTop = 3 }, sample));
        Candidate[] byCosine = [Synthetic(0, "a", 0.6) with { Itc = 0.4 }, Synthetic(1, "b", 0.9) with { Itc = 0.3 }];
        Assert.Equal(["kept", "rank"], Reasons(new() { KeepTop = 1, RankBy = RankBy.Itc }, byCosine));
    }

    [Fact]
    public void A_text_stands_once_beside_an_image_and_the_first_origin_has_it()
    {
        var human = Web(0.9) with { Source = TextOrigin.Human, Text = "a cat" };
        Candidate[] sample = [Synthetic(0, "a  DOG", 0.9), Web(0.9), human, Synthetic(1, "A cat ", 0.9)];

        Assert.Equal(["duplicate-text", "kept", "human", "duplicate-text"], Reasons(new(), sample));
    }

    [Fact]
    public void A_text_that_an_earlier_image_keeps_is_dropped_and_one_that_it_does_not_keep_is_not()
    {
        var options = new SelectionOptions { DropDuplicateTexts = true, KeepTop = 1 };
        Candidate[][] samples =
        [
            [Web(0.9), Synthetic(0, "ranked out", 0.8), Synthetic(1, "low", 0.1)],
            [Web(0.9) with { Text = " A\tdog" }, Synthetic(0, "low", 0.9)],
            [Web(0.9) with { Text = "ranked out" }, Web(0.3) with { Source = TextOrigin.Human }],
        ];

        Assert.Equal(["kept,rank,itm", "duplicate-text,kept", "kept,human"], Joined(options, samples));
        Assert.Equal(["kept,rank,itm", "kept,rank", "kept,human"], Joined(options with { DropDuplicateTexts = false }, samples));
    }

    [Fact]
    public void An_image_with_the_bytes_of_an_earlier_one_keeps_peoples_texts_alone()
    {
        var options = new SelectionOptions { DropDuplicateImages = true };
        var same = Web(0.9) with { ImageHash = "0123456789abcdef0123456789abcdef" };
        Candidate[][] samples =
        [
            [same with { Error = "cut off" }], [same with { Source = TextOrigin.Human }], [same, same with { Source = TextOrigin.Human }],
            [same with { ImageHash = null }], [same with { ImageHash = "1123456789abcdef0123456789abcdef" }], [same with { Text = null }],
        ];

        Assert.Equal(["error", "human", "duplicate-image,human", "kept", "kept", "duplicate-image"], Joined(options, samples));
        Assert.Equal(["error", "human", "duplicate-text,human", "kept", "kept", "no-text"], Joined(new(), samples));
    }

    [Fact]
    public void Samples_are_judged_as_they_come()
    {
        var taken = 0;
        IEnumerable<IReadOnlyList<Candidate>> Endless()
        {
            for (; ; taken++)
                yield return [Web(0.9)];
        }

        Assert.Equal(3, new SelectionRule(new()).Apply(Endless()).Take(3).Count());
        Assert.InRange(taken, 2, 3);
    }

    [Fact]
    public void The_rule_holds_for_any_candidates() => Gen.Select(AnyOptions, Samples).Sample((options, samples) =>
    {
        var judged = new SelectionRule(options).Apply(samples).ToList();

        Assert.Equal(
            samples.SelectMany(sample => sample),
            judged.SelectMany(sample => sample).Select(row => row with { Kept = Before(row), Reason = "before" }));
        Assert.Equal(judged.SelectMany(sample => sample), new SelectionRule(options).Apply(judged).SelectMany(sample => sample));
        var earlier = new HashSet<string>();
        foreach (var sample in judged)
        {
            Assert.All(sample, row => Assert.Equal(row.Reason is "kept" or "human", row.Kept));
            Assert.All(sample, row => Assert.Equal(row is { Source: TextOrigin.Human, Error: null } && !Blank(row), row.Reason == "human"));
            var kept = sample.Where(row => row.Reason == "kept").ToList();
            Assert.All(kept, row => Assert.True(options.ItmThreshold is null || row.Itm >= options.ItmThreshold));
            Assert.All(kept, row => Assert.True(options.ItcThreshold is null || row.Itc >= options.ItcThreshold));
            Assert.All(kept, row => Assert.True(row.Error is null && !Blank(row)));
            Assert.True(kept.Count <= (options.KeepTop ?? int.MaxValue));
            double? Score(Candidate row) => options.RankBy == RankBy.Itm ? row.Itm : row.Itc;
            var lower = sample.Where(row => row.Reason == "rank").Max(Score);
            Assert.All(kept, row => Assert.True(lower is null || Score(row) >= lower));
            Assert.Equal(kept.Count, kept.Select(Normal).Except(sample.Where(row => row.Reason == "human").Select(Normal)).Count());
            if (options.DropDuplicateTexts)
                Assert.DoesNotContain(kept, row => earlier.Contains(Normal(row)));
            earlier.UnionWith(sample.Where(row => row.Kept).Select(Normal));
        }

        bool Before(Candidate row) => samples[row.Index][row.Number].Kept;
    });

    [Fact]
    public void The_order_of_rows_within_an_image_does_not_matter() => Gen.Select(AnyOptions, Samples).Sample((options, samples) =>
    {
        var forth = new SelectionRule(options).Apply(samples).ToList();
        var back = new SelectionRule(options).Apply(samples.Select(sample => sample.Reverse().ToArray())).ToList();

        Assert.Equal(forth.SelectMany(sample => sample), back.SelectMany(sample => sample.Reverse()));
    });

    [Fact]
    public void A_higher_threshold_keeps_no_more() => Gen.Select(Samples, Gen.Double[0, 1].Array[2]).Sample((samples, thresholds) =>
    {
        HashSet<(int, int)> Kept(double threshold) =>
            [.. new SelectionRule(new() { ItmThreshold = threshold }).Apply(samples).SelectMany(sample => sample)
                .Where(row => row.Kept).Select(row => (row.Index, row.Number))];

        Assert.Subset(Kept(thresholds.Min()), Kept(thresholds.Max()));
    });

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("^(([a-z])+.)+[A-Z]([a-z])+$")]
    [InlineData("(x+x+)+y")]
    public void No_pattern_hangs(string pattern)
    {
        var rule = new SelectionRule(new() { DropPatterns = [pattern] });

        Assert.Single(rule.Apply([Web(0.9) with { Text = new string('a', 50_000) + "x!" + new string('x', 50_000) }]));
    }

    public static TheoryData<SelectionOptions, string> Wrong => new()
    {
        { new() { ItmThreshold = 1.1 }, "ItmThreshold" }, { new() { ItmThreshold = double.NaN }, "ItmThreshold" },
        { new() { ItcThreshold = -1.5 }, "ItcThreshold" }, { new() { KeepTop = 0 }, "KeepTop" }, { new() { RankBy = (RankBy)9 }, "RankBy" },
        { new() { MinSide = 0 }, "MinSide" }, { new() { MaxAspectRatio = 0.9 }, "MaxAspectRatio" },
        { new() { MaxAspectRatio = double.PositiveInfinity }, "MaxAspectRatio" },
        { new() { MaxAspectRatio = double.NaN }, "MaxAspectRatio" },
        { new() { DropPatterns = ["a", "("] }, "DropPatterns" }, { new() { KeepPatterns = ["(?<=a)b"] }, "KeepPatterns" },
        { new() { DropPatterns = null! }, "DropPatterns" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void An_option_out_of_range_is_named(SelectionOptions options, string property)
    {
        var exception = Assert.ThrowsAny<ArgumentException>(() => new SelectionRule(options));

        Assert.Equal(property, exception.ParamName);
        Assert.Contains(property, exception.Message);
    }

    private static Candidate Web(double? itm) => new()
    {
        Shard = "00000", Index = 0, Key = "a", Source = TextOrigin.Web, Text = "a dog", Itm = itm, Width = 400, Height = 300,
    };

    private static Candidate Synthetic(int number, string text, double itm) =>
        Web(itm) with { Source = TextOrigin.Synthetic, Number = number, Text = text };

    private static Candidate OfImage(Candidate candidate, Candidate image, int index, int number) => candidate with
    {
        Index = index,
        Key = $"{index}",
        Number = number,
        Width = image.Width,
        Height = image.Height,
        ImageHash = image.ImageHash,
        Error = image.Error,
    };

    private static bool Blank(Candidate row) => string.IsNullOrWhiteSpace(row.Text);

    private static string Normal(Candidate row) =>
        string.Join(' ', row.Text!.ToLowerInvariant().Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static IEnumerable<string> Reasons(SelectionOptions options, Candidate[] sample) =>
        new SelectionRule(options).Apply(sample).Select(candidate => candidate.Reason);

    private static IEnumerable<string> Joined(SelectionOptions options, Candidate[][] samples) =>
        new SelectionRule(options).Apply(samples).Select(sample => string.Join(',', sample.Select(candidate => candidate.Reason)));
}
