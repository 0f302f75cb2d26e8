using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Blip.Tests.Models;

namespace Blip.Tests.Pipelines;

/// <summary>The authors' way in a pipeline; each line of docs/compatibility.md that is a pipeline's changes a result here.</summary>
public sealed class PipelineCompatTests
{
    private static readonly string Image = Demo.Sample("01.png");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Captioner Captioner(Compat compat) =>
        Blip.Runtime.Pipelines.Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu", Compat = compat });

    [Fact]
    public async Task Captions_begin_with_a_prompt_that_is_not_shown_and_come_from_three_beams()
    {
        using var original = Captioner(Compat.Original);
        using var plain = Captioner(Compat.HuggingFace);
        var expected = plain.Caption(
            Image,
            new CaptionOptions
            {
                Prompt = "a picture of ",
                Generation = new GenerationOptions { NumBeams = 3, MaxLength = 20, MinLength = 5 },
            },
            Token);
        Assert.StartsWith("a picture of ", expected.Text, StringComparison.Ordinal);

        var caption = original.Caption(Image, cancellationToken: Token);
        Assert.Equal(expected.Tokens, caption.Tokens);
        Assert.Equal(expected.Text!["a picture of ".Length..], caption.Text);
        Assert.NotEqual(plain.Caption(Image, cancellationToken: Token).Tokens, caption.Tokens);

        var greedy = new CaptionOptions { Generation = original.Defaults with { NumBeams = 1 } };
        var words = await original.StreamAsync(Image, greedy, Token).ToListAsync(Token);
        Assert.Equal(original.Caption(Image, greedy, Token).Text, string.Concat(words).Trim());
    }

    [Fact]
    public void A_calls_own_prompt_and_options_go_first()
    {
        using var original = Captioner(Compat.Original);
        using var plain = Captioner(Compat.HuggingFace);
        var options = new CaptionOptions { Prompt = "a large", Generation = plain.Defaults };
        var caption = original.Caption(Image, options, Token);
        Assert.Equal(plain.Caption(Image, options, Token).Tokens, caption.Tokens);
        Assert.False(caption.Text!.StartsWith("a large", StringComparison.Ordinal));
        Assert.Equal(plain.Caption(Image, new CaptionOptions { Generation = plain.Defaults }, Token).Tokens,
            original.Caption(Image, new CaptionOptions { Prompt = "", Generation = plain.Defaults }, Token).Tokens);
    }

    [Fact]
    public void Draws_have_the_authors_settings()
    {
        var source = ModelSource.Resolve(Demo.Model);
        var sampling = Blip.Runtime.Pipelines.Captioner.DefaultsOf(source, Compat.Original, sampling: true);
        Assert.Equal((true, 0.9, 1.1, 20, 5),
            (sampling.DoSample, sampling.TopP, sampling.RepetitionPenalty, sampling.MaxLength, sampling.MinLength));
        Assert.Equal(GenerationOptions.From(source.GenerationDefaults) with { DoSample = true },
            Blip.Runtime.Pipelines.Captioner.DefaultsOf(source, Compat.HuggingFace, sampling: true));
    }

    [Fact]
    public void Texts_are_cut_at_35_tokens()
    {
        using var original = Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu", Compat = Compat.Original });
        using var plain = Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu" });
        var cut = string.Join(' ', Enumerable.Repeat("star", 33));
        foreach (var matcher in (Matcher[])[original, plain])
        {
            var same = matcher.Match(Image, cut, cancellationToken: Token).MatchLogit == matcher.Match(
                Image, $"{cut} red ring", cancellationToken: Token).MatchLogit;
            Assert.Equal(matcher == original, same);
            Assert.Equal(matcher == original,
                matcher.Embedder.EmbedText(cut, Token).SequenceEqual(matcher.Embedder.EmbedText($"{cut} red ring", Token)));
        }
        // The cut part may be of any length.
        Assert.True(double.IsFinite(
            original.Match(Image, string.Join(' ', Enumerable.Repeat("star", 500)), cancellationToken: Token).Cosine));
    }

    [Fact]
    public async Task The_second_look_at_a_search_begins_with_enc()
    {
        using var original = Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu", Compat = Compat.Original });
        using var plain = Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu" });
        var text = DemoMatching.Pairs[3].Text;
        var reranking = new MatchOptions { Reranking = true };
        Assert.NotEqual(original.Match(Image, text, cancellationToken: Token).MatchLogit,
            original.Match(Image, text, reranking, Token).MatchLogit);
        Assert.Equal(original.Match(Image, text, cancellationToken: Token).Cosine, original.Match(Image, text, reranking, Token).Cosine);
        Assert.Equal(plain.Match(Image, text, cancellationToken: Token), plain.Match(Image, text, reranking, Token));
        var results = await original.MatchAllAsync([Image], [text], reranking, Token).ToListAsync(Token);
        Assert.Equal(original.Match(Image, text, reranking, Token), results[0].Matches![0]);
    }

    [Fact]
    public void Answers_come_from_three_beams_and_questions_begin_with_enc()
    {
        using var original = QuestionAnswerer.Load(
            DemoAnswering.Model, new QuestionAnswererOptions { Device = "cpu", Compat = Compat.Original });
        using var plain = QuestionAnswerer.Load(DemoAnswering.Model, new QuestionAnswererOptions { Device = "cpu" });
        Assert.Equal((3, 10, 1), (original.Defaults.NumBeams, original.Defaults.MaxLength, original.Defaults.MinLength));
        Assert.Equal(1, plain.Defaults.NumBeams);
        var question = "what color is the background?";
        Assert.Equal("cyan", original.Answer(Image, question, cancellationToken: Token).Text);

        // The model itself, asked with either token in front: the pipeline's answer is [ENC]'s.
        using var demo = new DemoImages("vqa");
        using var device = Device.Open("cpu");
        using var model = AnsweringModel.Load(demo.Source, device, new ModelOptions { Compat = Compat.Original });
        var states = demo.Encode(model, [Path.GetFileName(Image)], out _);
        var ids = demo.Tokenizer.Encode(question);
        int[][] answers = [[.. demo.Tokenizer.Encode("cyan", addSpecial: false), model.Config.Text.SepTokenId]];
        var score = original.Answer(Image, question, new AnswerOptions { Candidates = ["cyan"] }, Token).Score;
        Assert.Equal(Score([model.Config.Text.EncoderTokenId, .. ids[1..]]), score);
        Assert.NotEqual(Score(ids), score);

        double Score(int[] asked)
        {
            model.Ask(states, [asked]);
            return model.Rank(answers, 1)[0][0].LogProbability;
        }
    }

    [Theory]
    [InlineData(384, 480)]
    [InlineData(96, 96)]
    public void Questions_are_about_images_of_480_pixels_where_the_model_is_a_published_one(int trained, int asked)
    {
        var config = SyntheticModels.Config("tiny-head64");
        var source = ModelSource.Synthetic(config with { Vision = config.Vision with { ImageSize = trained, PatchSize = 48 } });
        foreach (var compat in Enum.GetValues<Compat>())
        {
            using var answerer = QuestionAnswerer.Load(source, new QuestionAnswererOptions { Device = "cpu", Compat = compat });
            using var image = answerer.Encode(Image, Token);
            var side = (compat == Compat.Original ? asked : trained) / 48;
            Assert.Equal(1 + (side * side), image.States.Tokens);
        }
    }
}
