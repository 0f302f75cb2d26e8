using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Bootstrapping;

/// <summary>Captioner and filter on one device: the same results as each alone, to the last bit.</summary>
public sealed class CapFiltTests
{
    private static readonly CapFiltOptions Options = new() { Device = "cpu" };

    [Fact]
    public void It_says_what_captioner_and_matcher_say_alone()
    {
        var images = Enumerable.Range(0, 5).Select(i => ImageDecoder.Decode(Demo.Sample($"{i:00}.png"))).ToList();
        using var capfilt = CapFilt.Load(
            ModelSource.Resolve(Demo.Model), ModelSource.Resolve(DemoMatching.Model), Options with { CaptionsPerImage = 2 });
        Assert.False(capfilt.SharesEncoder);
        var together = capfilt.Run(
            [.. images.Select((image, i) => new CapFiltImage($"{i}", image, ["A large, white ring!", "a small black square"], i))]);
        using var matcher = Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu" });
        for (var i = 0; i < images.Count; i++)
        {
            var alone = capfilt.Run([new CapFiltImage("alone", images[i], ["A large, white ring!", "a small black square"], i)])[0];
            Assert.Equal(together[i].Texts, alone.Texts);
            Assert.Equal(together[i].Captions, alone.Captions);
            Assert.Equal(2, alone.Captions.Count);
            string[] texts = ["a large, white ring", "a small black square", .. alone.Captions.Select(caption => caption.Text)];
            var matches = matcher.Match(
                ImageSource.FromPixels(images[i]), texts, new MatchOptions { EncoderToken = true, MaxTextTokens = 35 },
                TestContext.Current.CancellationToken);
            Assert.Equal(
                matches.Select(match => (match.MatchProbability, match.Cosine)),
                alone.Texts.Concat(alone.Captions).Select(text => (text.MatchProbability!.Value, text.Cosine!.Value)));
            Assert.All(alone.Captions, caption => Assert.InRange(caption.LogProbability!.Value, -100, 0));
            Assert.All(alone.Captions, caption => Assert.DoesNotContain("a picture of", caption.Text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void An_image_encoder_that_both_have_runs_once_with_the_same_results()
    {
        var config = ModelSource.Resolve(Demo.Model).Config with { Head = null };
        var (captioner, filter) = (ModelSource.Synthetic(config), ModelSource.Synthetic(config));
        var options = Options with { VocabularyFile = Path.Combine(Demo.Model, "vocab.txt") };
        using var capfilt = CapFilt.Load(captioner, filter, options);
        Assert.True(capfilt.SharesEncoder);
        var image = ImageDecoder.Decode(Demo.Sample("00.png"));
        CapFiltImage[] batch =
        [
            new("0", image, ["a large white ring"], 0),
            new("1", ImageDecoder.Decode(Demo.Sample("01.png")), ["a small star"], 1),
        ];
        var shared = capfilt.Run(batch);
        using var apart = CapFilt.Load(captioner, filter, options with { SharesEncoder = false });
        Assert.False(apart.SharesEncoder);
        Assert.Equal(
            shared.SelectMany(result => result.Texts.Concat(result.Captions)),
            apart.Run(batch).SelectMany(result => result.Texts.Concat(result.Captions)));
        Assert.True(shared[0].Texts[0].MatchProbability is > 0 and < 1);
    }

    [Fact]
    public void A_text_without_a_word_has_no_score()
    {
        using var capfilt = CapFilt.Load(ModelSource.Resolve(Demo.Model), ModelSource.Resolve(DemoMatching.Model), Options);
        var result = capfilt.Run([new CapFiltImage("0", ImageDecoder.Decode(Demo.Sample("00.png")), ["!!!", "a large white ring"], 0)])[0];
        Assert.Null(result.Texts[0].MatchProbability);
        Assert.NotNull(result.Texts[1].MatchProbability);
        Assert.Single(result.Captions);
    }

    [Fact]
    public void A_text_of_any_length_is_judged()
    {
        using var capfilt = CapFilt.Load(
            ModelSource.Resolve(Demo.Model), ModelSource.Resolve(DemoMatching.Model), Options with { CleanTexts = false });
        var text = string.Join(' ', Enumerable.Repeat("ring", 5000));
        Assert.NotNull(
            capfilt.Run([new CapFiltImage("0", ImageDecoder.Decode(Demo.Sample("00.png")), [text], 0)])[0].Texts[0].MatchProbability);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentException>(() => (Options with { CaptionsPerImage = -1 }).Validate());
        Assert.Throws<ArgumentException>(() => (Options with { MaxTextTokens = 2 }).Validate());
        var beams = Options with { CaptionsPerImage = 4, Generation = new Runtime.Generation.GenerationOptions { NumBeams = 3 } };
        Assert.Contains("3 beams", Assert.Throws<ArgumentException>(beams.Validate).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(
            () => CapFilt.Load(ModelSource.Resolve("synthetic:base"), ModelSource.Resolve(DemoMatching.Model), Options));
    }

    [Theory]
    // As pre_caption of the authors' code gives them.
    [InlineData("A Dog (small)... on a *beach*!", "a dog small on a beach")]
    [InlineData("  two   spaces\tand a tab \n", "two spaces\tand a tab")]
    [InlineData("#tag; key: value ~ \"quoted\"", "tag key value quoted")]
    [InlineData("commas, stay? yes", "commas, stay? yes")]
    [InlineData("!!!", "")]
    public void Texts_are_cleaned_as_the_model_was_trained(string text, string expected) =>
        Assert.Equal(expected, CaptionCleaning.Clean(text));

    [Fact]
    public void Words_over_the_most_are_cut()
    {
        Assert.Equal(30, CaptionCleaning.Clean(string.Join(' ', Enumerable.Range(0, 99))).Split(' ').Length);
        Assert.Equal("0 1", CaptionCleaning.Clean("0 1 2 3", maxWords: 2));
    }

    [Fact]
    public void Fingerprints_tell_weights_precision_and_vocabulary_apart()
    {
        var source = ModelSource.Resolve(Demo.Model);
        var own = CapFilt.Fingerprint(source, Options);
        Assert.Equal(own, CapFilt.Fingerprint(source, Options with { BatchSize = 9, Device = "auto" }));
        Assert.NotEqual(own, CapFilt.Fingerprint(source, Options with { Precision = Precision.Bf16 }));
        Assert.NotEqual(own, CapFilt.Fingerprint(ModelSource.Resolve(DemoMatching.Model), Options));
        using var folder = new TemporaryFolder();
        Assert.NotEqual(
            own,
            CapFilt.Fingerprint(
                source, Options with { VocabularyFile = folder.Write("vocab.txt", File.ReadAllText(source.VocabularyFile!) + "more\n") }));
    }
}
