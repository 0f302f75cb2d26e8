using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Pipelines;

/// <summary>Where matches and answers looked, from the library.</summary>
public class AttentionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private const string Text = "a small green cross left of a small blue circle on a pink background",
        Question = "what color is the circle?";

    private static string Image(int number) => Repository.Absolute($"weights/samples/{number:00}.png");

    [Fact]
    public async Task A_match_has_its_maps_alone_in_company_and_from_what_is_kept()
    {
        using var matcher = Matcher.Load(Repository.Absolute("weights/retrieval"), new MatcherOptions { Device = "cpu" });
        foreach (var method in Enum.GetValues<AttentionMethod>())
        {
            var options = new MatchOptions { Attention = true, AttentionMethod = method };
            var alone = matcher.Match(Image(5), Text, options, cancellationToken: Token);
            Assert.Equal(Text, string.Join(' ', alone.Attention.Select(word => word.Word)));
            Assert.All(alone.Attention, word => Assert.Equal((8, 8, 1f), (word.Height, word.Width, word.Values.Max())));
            var results = await matcher.MatchAllAsync(
                [Image(1), Image(5)], ["a ring", Text], options, TestContext.Current.CancellationToken)
                .ToListAsync(TestContext.Current.CancellationToken);
            Same(alone.Attention, results[1].Matches![1].Attention);
            Assert.Equal(300, results[1].Image!.Width);

            using var kept = matcher.Encode(Image(5), cancellationToken: Token);
            if (method == AttentionMethod.Rollout)
                Assert.Contains("give the image itself",
                    Assert.Throws<ImageException>(() => matcher.Match(kept, Text, options, cancellationToken: Token)).Message,
                    StringComparison.Ordinal);
            else
                Same(alone.Attention, matcher.Match(kept, Text, options, cancellationToken: Token).Attention);
        }
        Assert.Empty(matcher.Match(Image(5), Text, cancellationToken: Token).Attention);
        Assert.Contains("AttentionLayer is 7",
            Assert.Throws<ArgumentException>(
            () => matcher.Match(Image(5), Text, new MatchOptions { Attention = true, AttentionLayer = 7 },
            cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_has_its_maps_alone_in_company_and_from_what_is_kept()
    {
        using var answerer = QuestionAnswerer.Load(Repository.Absolute("weights/vqa"), new QuestionAnswererOptions { Device = "cpu" });
        foreach (var method in (AttentionMethod[])[AttentionMethod.CrossAttention, AttentionMethod.Rollout])
        {
            var options = new AnswerOptions { Attention = true, AttentionMethod = method };
            var alone = answerer.Answer(Image(5), Question, options, cancellationToken: Token);
            Assert.Equal(["what", "color", "is", "the", "circle?"], alone.QuestionAttention.Select(word => word.Word));
            Assert.Equal([alone.Text], alone.Attention.Select(word => word.Word));
            var both = answerer.Answer(Image(5), ["is the circle small or large?", Question], options, cancellationToken: Token);
            Same(alone.Attention, both[1].Attention);
            Same(alone.QuestionAttention, both[1].QuestionAttention);
            var chosen = answerer.Answer(Image(5), Question, options with { Candidates = [alone.Text!, "two"] }, cancellationToken: Token);
            Same(alone.QuestionAttention, chosen.QuestionAttention);
            Assert.Equal([chosen.Text], chosen.Attention.Select(word => word.Word));

            using var kept = answerer.Encode(Image(5), cancellationToken: Token);
            if (method == AttentionMethod.Rollout)
                Assert.Contains("give the image itself",
                    Assert.Throws<ImageException>(() => answerer.Answer(kept, Question, options, cancellationToken: Token)).Message,
                    StringComparison.Ordinal);
            else
                Same(alone.Attention, answerer.Answer(kept, Question, options, cancellationToken: Token).Attention);
        }
        Assert.Contains("for matches alone",
            Assert.Throws<ArgumentException>(
            () => answerer.Answer(Image(5), Question, new AnswerOptions { Attention = true, AttentionMethod = AttentionMethod.GradCam },
            cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_caption_has_another_map_by_rollout()
    {
        using var captioner = Captioner.Load(Repository.Absolute("weights/captioning"), new CaptionerOptions { Device = "cpu" });
        var looked = captioner.Caption(Image(0), new CaptionOptions { Attention = true }, cancellationToken: Token);
        var reached = captioner.Caption(
            Image(0), new CaptionOptions { Attention = true, AttentionMethod = AttentionMethod.Rollout }, cancellationToken: Token);
        Assert.Equal(looked.Text, reached.Text);
        Assert.Equal(looked.Attention.Select(word => word.Word), reached.Attention.Select(word => word.Word));
        Assert.NotEqual(looked.Attention[3].Values, reached.Attention[3].Values);
        Assert.Throws<ArgumentException>(
            () => captioner.Caption(
            Image(0), new CaptionOptions { Attention = true, AttentionMethod = AttentionMethod.GradCam }, cancellationToken: Token));
    }

    private static void Same(IReadOnlyList<WordAttention> expected, IReadOnlyList<WordAttention> actual)
    {
        Assert.Equal(expected.Select(word => word.Word), actual.Select(word => word.Word));
        foreach (var (one, other) in expected.Zip(actual))
            Assert.Equal(one.Values, other.Values);
    }
}
