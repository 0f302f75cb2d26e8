using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Tests.Models;

/// <summary>Each difference between BLIP's two implementations changes a result, and the right one (docs/compatibility.md).</summary>
public class CompatTests(OpenDevices devices) : IClassFixture<OpenDevices>
{
    private static readonly CompatRules HuggingFace = CompatRules.Of(Compat.HuggingFace), Original = CompatRules.Of(Compat.Original);

    [Fact]
    public void The_originals_image_encoder_has_another_epsilon()
    {
        var source = ModelSource.Resolve("synthetic:tiny-square");
        var sameEpsilon = ModelSource.Synthetic(source.Config with { Vision = source.Config.Vision with { LayerNormEps = 1e-6 } });
        var device = devices.Get("cpu");
        var (huggingFace, original) = (Embedding(source, Compat.HuggingFace), Embedding(source, Compat.Original));
        Assert.NotEqual(huggingFace, original);
        Assert.Equal(Embedding(sameEpsilon, Compat.HuggingFace), original);

        float[] Embedding(ModelSource from, Compat compat)
        {
            using var model = MatchingModel.Load(from, device, new ModelOptions { Compat = compat });
            return model.EmbedImages(ModelGoldens.EncodeSynthetic(model, 1))[0];
        }
    }

    [Fact]
    public void The_original_reranks_with_its_own_first_token_and_adds_the_cosine()
    {
        var device = devices.Get("cpu");
        using var demo = new DemoImages("retrieval");
        using var model = MatchingModel.Load(demo.Source, device);
        var (answer, text) = (demo.Answers.First(), model.Config.Text);
        var images = demo.Encode(model, [answer.GetProperty("file").GetString()!], out _);
        var ids = demo.Tokenizer.Encode(answer.GetProperty("text").GetString()!);
        var cosine = Similarity.Cosine(model.EmbedImages(images)[0], model.EmbedTexts([Original.MatchText(ids, text)])[0]);

        // A single pair is read alike by both.
        Assert.Equal(ids, Original.MatchText(ids, text));
        Assert.Equal(ids, HuggingFace.RerankText(ids, text));
        var (ours, theirs) =
            (model.Match(images, [HuggingFace.RerankText(ids, text)])[0], model.Match(images, [Original.RerankText(ids, text)])[0]);
        Assert.Equal(answer.GetProperty("itm")[1].GetDouble(), ours.Match, 5e-5);
        Assert.Equal(answer.GetProperty("itm_enc")[1].GetDouble(), theirs.Match, 5e-5);
        Assert.Equal(answer.GetProperty("match_probability").GetDouble(), HuggingFace.Score(ours, cosine), 1e-5);
        Assert.Equal(answer.GetProperty("itm_enc")[1].GetDouble() + answer.GetProperty("itc").GetDouble(), Original.Score(theirs, cosine),
            1e-4);
    }

    [Fact]
    public void The_originals_questions_begin_with_their_own_token()
    {
        var device = devices.Get("cpu");
        using var model = AnsweringModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        using var generator = new Generator(device);
        var text = model.Config.Text;
        var images = ModelGoldens.EncodeSynthetic(model, 1);
        int[] ids = [4, 56, 51, 3];
        Assert.Equal(ids, HuggingFace.Question(ids, text));
        Assert.Equal([text.EncoderTokenId, 56, 51, 3], Original.Question(ids, text));
        Assert.NotEqual(Score(HuggingFace), Score(Original));

        double Score(CompatRules rules)
        {
            model.Ask(images, [rules.Question(ids, text)]);
            return generator.Generate(model, [[text.BosTokenId]], new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId),
                new GenerationOptions())[0][0].Score;
        }
    }

    [Fact]
    public void The_original_cuts_texts_and_keeps_their_end()
    {
        var text = SyntheticModels.Config("tiny-square").Text;
        int[] longest = [4, .. Enumerable.Range(10, 38), 3];
        Assert.Equal(longest, HuggingFace.MatchText(longest, text));
        Assert.Equal([4, .. Enumerable.Range(10, 33), 3], Original.MatchText(longest, text));
        Assert.Equal([text.EncoderTokenId, .. Enumerable.Range(10, 33), 3], Original.RerankText(longest, text));
        Assert.Equal(35, Original.Question(longest, text).Length);
        int[] fits = [4, .. Enumerable.Range(10, 33), 3];
        Assert.Equal(fits, Original.MatchText(fits, text));

        var device = devices.Get("cpu");
        using var model = MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        var vectors = model.EmbedTexts([HuggingFace.MatchText(longest, text), Original.MatchText(longest, text)]);
        Assert.NotEqual(vectors[0], vectors[1]);
    }

    [Fact]
    public void The_originals_defaults_are_its_own()
    {
        Assert.Equal((null, true), (HuggingFace.CaptionPrompt, HuggingFace.KeepsPrompt));
        Assert.Equal(("a picture of ", false), (Original.CaptionPrompt, Original.KeepsPrompt));
        Assert.Equal((null, null, null, null),
            (HuggingFace.Captioning, HuggingFace.CaptionSampling, HuggingFace.Answering, HuggingFace.QuestionImageSize));
        var (captioning, sampling, answering) = (Original.Captioning!, Original.CaptionSampling!, Original.Answering!);
        Assert.Equal((3, 20, 5, false), (captioning.NumBeams, captioning.MaxLength, captioning.MinLength, captioning.DoSample));
        Assert.Equal((1, 20, 5, true, 0.9, 1.1, 50),
            (sampling.NumBeams, sampling.MaxLength, sampling.MinLength, sampling.DoSample, sampling.TopP, sampling.RepetitionPenalty,
            sampling.TopK));
        Assert.Equal((3, 10, 1), (answering.NumBeams, answering.MaxLength, answering.MinLength));
        Assert.Equal(480, Original.QuestionImageSize);
    }

    [Fact]
    public void An_implementation_that_there_is_not_is_refused()
    {
        Assert.Contains("HuggingFace or Original", Assert.Throws<ArgumentOutOfRangeException>(() => CompatRules.Of((Compat)7)).Message,
            StringComparison.Ordinal);
        var device = devices.Get("cpu");
        Assert.Contains("HuggingFace or Original", Assert.Throws<ArgumentOutOfRangeException>(
            () => MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device,
                new ModelOptions { Compat = (Compat)7 })).Message, StringComparison.Ordinal);
    }
}
