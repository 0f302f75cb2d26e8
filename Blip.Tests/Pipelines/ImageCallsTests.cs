using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>Questions, comparisons and vectors that many threads ask for at once equal those alone.</summary>
public class ImageCallsTests
{
    private static readonly string[] Questions = ["what color is the background?", "how many shapes are there?", "is there a ring?"];

    private static readonly AnswerOptions[] Ways =
    [
        new(),
        new() { Candidates = ["yes", "no", "one", "two", "cyan", "pink"] },
        new() { Generation = new GenerationOptions { NumBeams = 3, MaxLength = 8 } },
        new() { AttendPadding = true },
        new() { Attention = true },
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, long> Caches => new(
        from id in Devices.Ids.Select(row => row.Data)
        from bytes in id == "cpu" ? (long[])[0, 1 << 20, 512 << 20] : [512 << 20]
        select (id, bytes));

    [Theory, MemberData(nameof(Caches))]
    public async Task Answers_are_those_alone(string device, long cacheBytes)
    {
        Devices.Open(device).Dispose();
        using var answerer = QuestionAnswerer.Load(
            Path.Combine(AppContext.BaseDirectory, "weights", "vqa"), new QuestionAnswererOptions
            {
                Device = device,
                BatchSize = 5,
                ImageCacheBytes = cacheBytes,
            });
        var asked = (from way in Ways from path in Demo.Paths.Take(4) from question in Questions select (way, path, question)).ToArray();
        var alone = asked.Select(call => answerer.Answer(call.path, call.question, call.way, Token)).ToArray();
        using var handle = answerer.Encode(Demo.Paths[0], Token);
        var kept = Questions.Select(question => answerer.AnswerAsync(handle, question, null, Token));
        var together = await Task.WhenAll(asked.Select(call => answerer.AnswerAsync(call.path, call.question, call.way, Token)));
        foreach (var (expected, actual) in alone.Zip(together))
        {
            Assert.Equal((expected.Text, expected.Score), (actual.Text, actual.Score));
            Assert.Equal(expected.Attention.SelectMany(word => word.Values), actual.Attention.SelectMany(word => word.Values));
        }
        Assert.Equal(Questions.Select(question => answerer.Answer(handle, question, null, Token).Score),
            (await Task.WhenAll(kept)).Select(answer => answer.Score));
        var words = Demo.Paths.Take(4).Select(
            async path => string.Concat(await answerer.StreamAsync(path, Questions[0], cancellationToken: Token).ToListAsync(Token)));
        Assert.Equal(Demo.Paths.Take(4).Select(path => answerer.Answer(path, Questions[0], null, Token).Text), await Task.WhenAll(words));
    }

    [Theory, MemberData(nameof(Caches))]
    public async Task Comparisons_and_vectors_are_those_alone(string device, long cacheBytes)
    {
        Devices.Open(device).Dispose();
        using var matcher = Matcher.Load(
            Path.Combine(AppContext.BaseDirectory, "weights", "retrieval"), new MatcherOptions
            {
                Device = device,
                BatchSize = 5,
                ImageCacheBytes = cacheBytes,
            });
        var options = (MatchOptions?[])[null, new(), new() { Attention = true }, new() { EncoderToken = true }];
        var asked = (from way in options from path in Demo.Paths.Take(5) select (way, path)).ToArray();
        string[] TextsOf(int i) => [.. Demo.Answers("greedy").Skip(i % 3).Take(2 + (i % 2)).Select(answer => answer.Caption)];
        var alone = asked.Select((call, i) => matcher.Match(call.path, TextsOf(i), call.way, Token)).ToArray();
        var vectors = Demo.Paths.Select(path => matcher.Embedder.EmbedImage(path, Token)).ToArray();
        var together = asked.Select((call, i) => matcher.MatchAsync(call.path, TextsOf(i), call.way, Token)).ToList();
        var embedded = Demo.Paths.Select(path => matcher.Embedder.EmbedImageAsync(path, Token)).ToList();
        foreach (var (expected, actual) in alone.Zip(await Task.WhenAll(together)))
            Assert.Equal(expected.Select(match => (match.Text, match.MatchProbability, match.Cosine)),
                actual.Select(match => (match.Text, match.MatchProbability, match.Cosine)));
        foreach (var (expected, actual) in vectors.Zip(await Task.WhenAll(embedded)))
            Assert.Equal(expected, actual);
        Assert.Equal(matcher.Embedder.EmbedText("a small red star", Token),
            await matcher.Embedder.EmbedTextAsync("a small red star", Token));
    }

    [Fact]
    public async Task A_handle_that_is_disposed_and_a_damaged_image_are_their_own_exceptions()
    {
        using var matcher = Matcher.Load(
            Path.Combine(AppContext.BaseDirectory, "weights", "retrieval"), new MatcherOptions { Device = "cpu" });
        var handle = await matcher.EncodeAsync(Demo.Paths[0], Token);
        handle.Dispose();
        string[] texts = ["a large white ring on a cyan background"];
        var gone = matcher.MatchAsync(handle, texts, null, Token);
        var noise = matcher.MatchAsync(ImageSource.FromBytes(new byte[9], "noise"), texts, null, Token);
        var good = matcher.MatchAsync(Demo.Paths[0], texts, null, Token);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => gone);
        Assert.Contains("noise", (await Assert.ThrowsAsync<ImageException>(() => noise)).Message, StringComparison.Ordinal);
        Assert.Equal(matcher.Match(Demo.Paths[0], texts, null, Token)[0].MatchProbability, (await good)[0].MatchProbability);
    }
}
