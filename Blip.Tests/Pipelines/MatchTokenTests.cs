using System.Text.Json;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>The token at position 0 of a text beside an image, and its length limit, as a call asks for them.</summary>
public sealed class MatchTokenTests : IDisposable
{
    private const double Tolerance = 2e-4;

    private static readonly Lazy<Pair[]> Golden = new(() => JsonSerializer.Deserialize<Pair[]>(
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "capfilt.json")), JsonSerializerOptions.Web)!);

    private readonly Matcher matcher = Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu" });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One image and text with the reference's answers by either token.</summary>
    public sealed record Pair(string File, string Text, double Enc, double Cls, double Itc);

    public void Dispose() => matcher.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [InlineData(null)]
    public void Probabilities_by_either_token_are_the_references(bool? encoderToken)
    {
        var options = new MatchOptions { EncoderToken = encoderToken };
        Assert.Equal(36, Golden.Value.Length);
        foreach (var image in Golden.Value.GroupBy(pair => pair.File))
        {
            var matches = matcher.Match(Demo.Sample(image.Key), [.. image.Select(pair => pair.Text)], options, Token);
            foreach (var (expected, match) in image.Zip(matches))
            {
                Assert.Equal(encoderToken == true ? expected.Enc : expected.Cls, match.MatchProbability, Tolerance);
                Assert.Equal(expected.Itc, match.Cosine, Tolerance);
            }
        }
    }

    [Fact]
    public void The_tokens_differ_by_more_than_the_tolerance()
    {
        var apart = Golden.Value.Count(pair => Math.Abs(pair.Enc - pair.Cls) > 2 * Tolerance);
        Assert.True(apart >= 8, $"Of 36 pairs {apart} tell the tokens apart.");
    }

    [Fact]
    public async Task Every_way_of_calling_obeys_the_token()
    {
        var options = new MatchOptions { EncoderToken = true };
        var (path, text) = (Demo.Sample("01.png"), Golden.Value[3].Text);
        var alone = matcher.Match(path, text, options, Token);
        var all = await matcher.MatchAllAsync([path], [text], options, Token).ToListAsync(Token);
        ImageText[] one = [new ImageText(path, text)];
        var pairs = await matcher.MatchPairsAsync(one.ToAsyncEnumerable(), options, Token).ToListAsync(Token);
        Assert.Equal(alone, all[0].Matches![0]);
        Assert.Equal(alone, pairs[0].Matches![0]);
        Assert.NotEqual(matcher.Match(path, text, cancellationToken: Token).MatchLogit, alone.MatchLogit);
    }

    [Fact]
    public void A_calls_token_goes_before_the_compatibility()
    {
        using var original = Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu", Compat = Compat.Original });
        var (path, text) = (Demo.Sample("01.png"), Golden.Value[3].Text);
        double Logit(MatchOptions options) => original.Match(path, text, options, Token).MatchLogit;

        var plain = Logit(new MatchOptions());
        Assert.Equal(plain, Logit(new MatchOptions { EncoderToken = false, Reranking = true }));
        Assert.Equal(Logit(new MatchOptions { Reranking = true }), Logit(new MatchOptions { EncoderToken = true }));
        Assert.NotEqual(plain, Logit(new MatchOptions { EncoderToken = true }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_longer_text_is_cut_and_keeps_its_end(bool encoderToken)
    {
        var path = Demo.Sample("01.png");
        var options = new MatchOptions { EncoderToken = encoderToken, MaxTextTokens = 35 };
        var cut = string.Join(' ', Enumerable.Repeat("star", 33));
        var endless = string.Join(' ', Enumerable.Repeat("star", 500));
        var matches = matcher.Match(path, [cut, $"{cut} red ring", endless], options, Token);
        foreach (var longer in matches.Skip(1))
            Assert.Equal((matches[0].MatchLogit, matches[0].Cosine), (longer.MatchLogit, longer.Cosine));
        Assert.Equal(matches[0], matcher.Match(path, cut, options with { MaxTextTokens = null }, Token));
        Assert.NotEqual(matches[0].Cosine, matcher.Match(path, $"{cut} red ring", cancellationToken: Token).Cosine);
    }

    [Fact]
    public void A_cut_without_room_for_both_ends_is_refused()
    {
        var options = new MatchOptions { MaxTextTokens = 1 };
        var error = Assert.Throws<ArgumentException>(() => matcher.Match(Demo.Sample("01.png"), "a star", options, Token));
        Assert.Contains("MaxTextTokens is 1; give 2 or more", error.Message, StringComparison.Ordinal);
    }
}
