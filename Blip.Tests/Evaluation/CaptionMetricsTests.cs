using System.Text.Json;
using Blip.Evaluation;
using CsCheck;

namespace Blip.Tests.Evaluation;

/// <summary>Scores are those of the COCO caption evaluation code, whose answers <c>Goldens/evaluation/metrics.json</c> holds.</summary>
public class CaptionMetricsTests
{
    private const double Tolerance = 1e-6;

    private static readonly JsonElement Golden =
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "evaluation", "metrics.json")));

    private static readonly Gen<string> Caption =
        Gen.OneOf(Gen.OneOf("a", "dog", "runs", "fast", ".", "the", "red-hot", "cat's", "é", "狗"), Gen.String[0, 6]).Array[0, 12]
            .Select(words => string.Join(' ', words));

    [Fact]
    public void Tokens_are_those_of_the_reference()
    {
        foreach (var image in Order())
        {
            Assert.Equal(Texts("tokenized_references", image), Texts("references", image).Select(PtbTokenizer.Tokenize));
            Assert.Equal(Texts("tokenized_candidates", image),
                [PtbTokenizer.Tokenize(Golden.GetProperty("candidates").GetProperty(image).GetString()!)]);
        }
    }

    [Fact]
    public void Scores_are_those_of_the_reference()
    {
        var report = CaptionMetrics.Score(Samples());

        Assert.Equal(6, report.Corpus.Named.Count());
        foreach (var (name, score) in report.Corpus.Named)
            Assert.Equal(Golden.GetProperty("scores").GetProperty(name).GetDouble(), score, Tolerance);
        for (var i = 0; i < report.Items.Count; i++)
        {
            foreach (var (name, score) in report.Items[i].Named)
                Assert.Equal(Golden.GetProperty("per_image").GetProperty(name)[i].GetDouble(), score, Tolerance);
        }
    }

    [Fact]
    public void A_caption_that_equals_its_reference_has_the_best_scores()
    {
        var report = CaptionMetrics.Score(
            [new("a dog runs on the wet grass", ["A dog runs on the wet grass."]), new("two cats sleep", ["two cats sleep", "cats"])]);

        Assert.All(report.Items[0].Bleu, score => Assert.Equal(1, score, 1e-6));
        Assert.Equal(1, report.Items[0].RougeL, 1e-9);
        Assert.Equal(10, report.Items[0].Cider, 1e-9);
    }

    [Fact]
    public void Empty_captions_and_empty_references_have_scores()
    {
        var report = CaptionMetrics.Score([new("", ["a dog"]), new("a dog", [""]), new("", [""]), new("!", ["...", "a dog"])]);

        Assert.All(report.Items, item => Assert.All(item.Named, score => Assert.True(double.IsFinite(score.Value), score.Key)));
        Assert.Equal(0, report.Items[0].Bleu[0], 1e-6);
        Assert.Equal(0, report.Items[0].RougeL);
        // As in the evaluation code, where no word at all is one empty word.
        Assert.Equal(1, report.Items[2].RougeL, 1e-9);
    }

    [Fact]
    public void One_image_alone_has_no_words_that_tell_it_from_others()
    {
        var report = CaptionMetrics.Score([new("a dog runs", ["a dog runs"])]);

        Assert.Equal(0, report.Corpus.Cider);
        Assert.Equal(1, report.Corpus.Bleu[0], 1e-6);
    }

    [Fact]
    public void Words_of_all_languages_are_compared()
    {
        var report = CaptionMetrics.Score(
            [new("un chien à côté d'une rivière", ["Un chien à côté d'une rivière"]), new("собака бежит", ["собака бежит", "кошка"])]);

        Assert.Equal(1, report.Corpus.Bleu[0], 1e-6);
    }

    [Fact]
    public void No_captions_and_no_references_are_refused()
    {
        Assert.Contains("no captions", Assert.Throws<ArgumentException>(() => CaptionMetrics.Score([])).Message, StringComparison.Ordinal);
        Assert.Contains("'a dog'", Assert.Throws<ArgumentException>(() => CaptionMetrics.Score([new("a dog", [])])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_stay_in_their_ranges_and_do_not_depend_on_the_order_of_references() =>
        Gen.Select(Caption, Caption.Array[1, 4]).Select((candidate, references) => new CaptionSample(candidate, references)).Array[1, 6]
            .Sample(
            samples =>
            {
                var report = CaptionMetrics.Score(samples);
                var turned = CaptionMetrics.Score(
                    [.. samples.Select(sample => sample with { References = [.. sample.References.Reverse()] })]);
                foreach (var (scores, others) in report.Items.Append(report.Corpus).Zip(turned.Items.Append(turned.Corpus)))
                {
                    Assert.All(scores.Bleu, score => Assert.InRange(score, 0, 1 + 1e-6));
                    Assert.InRange(scores.RougeL, 0, 1 + 1e-9);
                    Assert.InRange(scores.Cider, 0, 10 + 1e-9);
                    Assert.All(scores.Named.Zip(others.Named), pair => Assert.Equal(pair.First.Value, pair.Second.Value, 1e-9));
                }
            },
            iter: 300);

    private static IEnumerable<string> Order() => Golden.GetProperty("order").EnumerateArray().Select(id => id.GetString()!);

    private static IEnumerable<string> Texts(string field, string image) =>
        Golden.GetProperty(field).GetProperty(image).EnumerateArray().Select(text => text.GetString()!);

    private static CaptionSample[] Samples() =>
        [.. Order().Select(image =>
            new CaptionSample(Golden.GetProperty("candidates").GetProperty(image).GetString()!, [.. Texts("references", image)]))];
}
