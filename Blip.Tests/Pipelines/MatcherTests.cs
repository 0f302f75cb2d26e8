using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

public sealed class MatcherTests(MatcherTests.Loaded loaded) : IClassFixture<MatcherTests.Loaded>
{
    private const double Tolerance = 2e-4;

    private static readonly MatcherOptions OnCpu = new() { Device = "cpu" };
    private static readonly string[] Texts = [.. DemoMatching.Pairs.Select(pair => pair.Text).Distinct()];

    private readonly Matcher matcher = loaded.Matcher;

    /// <summary>The demo matcher, loaded once.</summary>
    public sealed class Loaded : IDisposable
    {
        public Matcher Matcher { get; } = Matcher.Load(DemoMatching.Model, OnCpu);

        public void Dispose() => Matcher.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IEnumerable<ImageSource> Samples => Demo.Paths.Select(path => (ImageSource)path);

    private static void AssertIs(DemoMatch expected, Match actual)
    {
        Assert.Equal(expected.Text, actual.Text);
        Assert.Equal(expected.MatchProbability, actual.MatchProbability, Tolerance);
        Assert.Equal(expected.Cosine, actual.Cosine, Tolerance);
        Assert.Equal(expected.Logits[0], actual.NoMatchLogit, 10 * Tolerance);
        Assert.Equal(expected.Logits[1], actual.MatchLogit, 10 * Tolerance);
    }

    [Theory]
    [MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public async Task Every_sample_has_the_references_answer_on_every_device(string id)
    {
        Devices.Open(id).Dispose();
        using var own = Matcher.Load(DemoMatching.Model, OnCpu with { Device = id, BatchSize = 5 });
        var results = await own.MatchAllAsync(Samples, Texts, cancellationToken: Token)
            .ToDictionaryAsync(result => result.Source.Name, cancellationToken: Token);
        foreach (var pair in DemoMatching.Pairs)
            AssertIs(pair, results[pair.Path].Matches!.First(match => match.Text == pair.Text));
    }

    [Fact]
    public async Task A_pairs_result_is_the_one_that_it_has_alone_to_the_last_bit()
    {
        using var batches = Matcher.Load(DemoMatching.Model, OnCpu with { BatchSize = 7, ImageCacheBytes = 0 });
        var together = await batches.MatchAllAsync(Samples, Texts, cancellationToken: Token).ToListAsync(Token);
        var pairs = Samples.SelectMany(image => Texts[..3].Select(text => new ImageText(image, text)));
        var paired = await batches.MatchPairsAsync(pairs.ToAsyncEnumerable(), cancellationToken: Token).ToListAsync(Token);
        using var kept = matcher.Encode(Demo.Paths[2], Token);
        for (var i = 0; i < together.Count; i++)
        {
            for (var t = 0; t < 3; t++)
            {
                var alone = batches.Match(Demo.Paths[i], Texts[t], cancellationToken: Token);
                Assert.Equal(alone, together[i].Matches![t]);
                Assert.Equal(alone, Assert.Single(paired[(3 * i) + t].Matches!));
            }
        }
        Assert.Equal(together[2].Matches, matcher.Match(kept, Texts, cancellationToken: Token));
    }

    [Fact]
    public async Task What_is_wrong_with_one_image_is_its_own_result()
    {
        ImageSource[] sources = ["no/such/file.png", Demo.Paths[0], ImageSource.FromBytes([1, 2, 3], "three bytes")];
        var results = await matcher.MatchAllAsync(sources, ["a star"], cancellationToken: Token).ToListAsync(Token);
        Assert.Equal([false, true, false], results.Select(result => result.Succeeded));
        Assert.Equal(sources, results.Select(result => result.Source));
        Assert.StartsWith("three bytes: ", results[2].Error, StringComparison.Ordinal);
        Assert.Throws<ImageException>(() => matcher.Match("no/such/file.png", "a star", cancellationToken: Token));
    }

    [Fact]
    public async Task What_is_wrong_with_one_text_of_pairs_is_its_own_result()
    {
        var endless = string.Join(' ', Enumerable.Repeat("star", 80));
        ImageText[] pairs = [new(Demo.Paths[0], "a star"), new(Demo.Paths[0], endless), new(Demo.Paths[1], "a star")];
        var results = await matcher.MatchPairsAsync(pairs.ToAsyncEnumerable(), cancellationToken: Token).ToListAsync(Token);
        Assert.Equal([true, false, true], results.Select(result => result.Succeeded));
        Assert.Contains("82 tokens, and the model reads 64", results[1].Error, StringComparison.Ordinal);
        Assert.Contains("82 tokens", Assert.ThrowsAny<ArgumentException>(
            () => matcher.MatchAllAsync(Samples, ["a star", endless], cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_handle_goes_where_an_image_goes_until_it_is_disposed()
    {
        var image = matcher.Encode(Demo.Paths[0], Token);
        Assert.Equal(Demo.Paths[0], image.Name);
        var expected = matcher.Match(Demo.Paths[0], Texts, cancellationToken: Token);
        Assert.Equal(expected, matcher.Match(image, Texts, cancellationToken: Token));
        Assert.Equal(expected, Texts.Select(text => matcher.Match(image, text, cancellationToken: Token)));
        Assert.True(image.Bytes > 0);
        image.Dispose();
        image.Dispose();
        Assert.Equal(0, image.Bytes);
        Assert.Throws<ObjectDisposedException>(() => matcher.Match(image, Texts, cancellationToken: Token));
        Assert.Throws<ArgumentException>(() => matcher.Encode(ImageSource.FromFeatures(image), Token));
    }

    [Fact]
    public async Task A_handle_of_another_pipeline_is_refused_by_name()
    {
        using var other = Matcher.Load(DemoMatching.Model, OnCpu);
        using var image = other.Encode(Demo.Paths[0], Token);
        var results = await matcher.MatchAllAsync([image, Demo.Paths[1]], ["a star"], cancellationToken: Token).ToListAsync(Token);
        Assert.Contains("00.png: it was encoded by another pipeline", results[0].Error, StringComparison.Ordinal);
        Assert.True(results[1].Succeeded);
        using var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu" });
        Assert.Contains("give the image itself",
            Assert.Throws<ImageException>(() => captioner.Caption(image, cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Handles_that_are_forgotten_go_with_the_pipeline()
    {
        var own = Matcher.Load(DemoMatching.Model, OnCpu);
        var image = own.Encode(Demo.Paths[0], Token);
        own.Dispose();
        own.Dispose();
        Assert.Equal(0, image.Bytes);
        image.Dispose();
        Assert.Throws<ObjectDisposedException>(() => own.Match(Demo.Paths[0], "a star", cancellationToken: Token));
        Assert.Throws<ObjectDisposedException>(() => own.Embedder.EmbedText("a star", Token));
    }

    [Fact]
    public async Task Many_threads_may_call_at_once()
    {
        using var small = Matcher.Load(DemoMatching.Model, OnCpu with { ImageCacheBytes = 400_000 });
        var expected = DemoMatching.Pairs;
        await Parallel.ForAsync(0, 72, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (i, token) =>
        {
            var pair = expected[i % expected.Count];
            AssertIs(pair, (await small.MatchAsync(pair.Path, [pair.Text], cancellationToken: token))[0]);
        });
    }

    [Fact]
    public void The_embedder_shares_the_weights()
    {
        var embedder = matcher.Embedder;
        embedder.Dispose();
        var (image, text) = (embedder.EmbedImage(Demo.Paths[0], Token), embedder.EmbedText(Texts[0], Token));
        Assert.Equal(matcher.Match(Demo.Paths[0], Texts[0], cancellationToken: Token).Cosine,
            image.Zip(text, (a, b) => (double)a * b).Sum(), 1e-6);
    }

    [Fact]
    public void Another_heads_checkpoint_is_refused() => Assert.Throws<CheckpointException>(() => Matcher.Load(Demo.Model, OnCpu));

    [Fact]
    public void Without_a_vocabulary_texts_are_refused()
    {
        using var synthetic = Matcher.Load("synthetic:tiny-square", OnCpu);
        Assert.Contains("VocabularyFile",
            Assert.Throws<ArgumentException>(() => synthetic.Match(Demo.Paths[0], "a star", cancellationToken: Token)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_out_of_range_is_named() =>
        Assert.StartsWith("ImageCacheBytes is -1",
            Assert.Throws<ArgumentException>(() => Matcher.Load(DemoMatching.Model, OnCpu with { ImageCacheBytes = -1 })).Message,
            StringComparison.Ordinal);
}
