using System.Diagnostics;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>A handle, or a whole pipeline, that another thread disposes while calls use it: each call is done, or says so.</summary>
public class DisposalRaceTests
{
    private static readonly string[] Texts = ["a large white ring", "a small black square"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_match_on_a_handle_that_is_disposed_meanwhile_is_done_or_says_so()
    {
        using var matcher = Matcher.Load(Folder("retrieval"), Cpu<MatcherOptions>());
        var right = matcher.Match(Demo.Sample("00.png"), Texts, cancellationToken: Token).Select(match => match.MatchProbability).ToList();
        await RaceAsync(
            () => matcher.Encode(Demo.Sample("00.png"), Token),
            image => matcher.Match(image, Texts, cancellationToken: Token).Select(match => match.MatchProbability),
            right);
        await RaceAsync(
            () => matcher.Encode(Demo.Sample("00.png"), Token),
            image => matcher.MatchAsync(image, Texts, cancellationToken: Token).GetAwaiter().GetResult()
                .Select(match => match.MatchProbability),
            right);
        // The pipeline goes on.
        Assert.Equal(right, matcher.Match(Demo.Sample("00.png"), Texts, cancellationToken: Token).Select(match => match.MatchProbability));
    }

    [Fact]
    public async Task An_answer_on_a_handle_that_is_disposed_meanwhile_is_given_or_says_so()
    {
        using var answerer = QuestionAnswerer.Load(Folder("vqa"), Cpu<QuestionAnswererOptions>());
        const string Question = "what color is the ring?";
        var right = answerer.Answer(Demo.Sample("00.png"), Question, cancellationToken: Token).Text;
        await RaceAsync(() => answerer.Encode(Demo.Sample("00.png"), Token),
            image => [answerer.Answer(image, Question, cancellationToken: Token).Text!], [right!]);
        Assert.Equal(right, answerer.Answer(Demo.Sample("00.png"), Question, cancellationToken: Token).Text);
    }

    [Fact]
    public Task A_caption_by_a_captioner_that_is_disposed_meanwhile_is_given_or_says_so() => RaceAsync(
        () => Captioner.Load(Folder("captioning"), Cpu<CaptionerOptions>()),
        captioner => [captioner.Caption(Demo.Sample("00.png"), cancellationToken: Token).Text!],
        ["a large white ring on a cyan background"]);

    [Fact]
    public async Task A_match_by_a_matcher_that_is_disposed_meanwhile_is_done_or_says_so()
    {
        using var other = Matcher.Load(Folder("retrieval"), Cpu<MatcherOptions>());
        await RaceAsync(
            () => Matcher.Load(Folder("retrieval"), Cpu<MatcherOptions>()),
            matcher => [matcher.Match(Demo.Sample("00.png"), Texts[0], cancellationToken: Token)],
            [other.Match(Demo.Sample("00.png"), Texts[0], cancellationToken: Token)]);
    }

    // Calls one after another on two threads, and the end of their resources at another moment.
    private static async Task RaceAsync<TUsed, TValue>(Func<TUsed> make, Func<TUsed, IEnumerable<TValue>> call, IReadOnlyList<TValue> right)
        where TUsed : IDisposable
    {
        for (var round = 0; round < 6; round++)
        {
            var used = make();
            var calls = Enumerable.Range(0, 2).Select(_ => Task.Run(() => CallUntilDisposed(used, call, right), Token)).ToArray();
            await Task.Delay(7 * round, Token);
            used.Dispose();
            used.Dispose();
            await Task.WhenAll(calls);
            Assert.Throws<ObjectDisposedException>(() => call(used).ToList());
        }
    }

    private static void CallUntilDisposed<TUsed, TValue>(TUsed used, Func<TUsed, IEnumerable<TValue>> call, IReadOnlyList<TValue> right)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromMinutes(2))
        {
            try
            {
                Assert.Equal(right, call(used));
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
        Assert.Fail("what is disposed is used for ever");
    }

    private static string Folder(string name) => Path.Combine(AppContext.BaseDirectory, "weights", name);

    private static TOptions Cpu<TOptions>()
        where TOptions : PipelineOptions, new() => new() { Device = "cpu" };
}
