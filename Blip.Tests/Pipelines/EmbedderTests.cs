using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

public sealed class EmbedderTests(EmbedderTests.Loaded loaded) : IClassFixture<EmbedderTests.Loaded>
{
    private static readonly EmbedderOptions OnCpu = new() { Device = "cpu" };

    private readonly Embedder embedder = loaded.Embedder;

    /// <summary>The demo matcher's vectors, loaded once.</summary>
    public sealed class Loaded : IDisposable
    {
        public Embedder Embedder { get; } = Embedder.Load(DemoMatching.Model, OnCpu);

        public void Dispose() => Embedder.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    [Theory]
    [MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public async Task Products_are_the_references_cosines_on_every_device(string id)
    {
        Devices.Open(id).Dispose();
        using var own = Embedder.Load(DemoMatching.Model, OnCpu with { Device = id, BatchSize = 5 });
        Assert.Equal(64, own.Dimension);
        Assert.Null(own.LogitScale);
        var images = await own.EmbedImagesAsync(Demo.Paths.Select(path => (ImageSource)path), Token)
            .ToDictionaryAsync(image => image.Source.Name, cancellationToken: Token);
        var texts = await own.EmbedTextsAsync(DemoMatching.Pairs.Select(pair => pair.Text), Token).ToListAsync(Token);
        foreach (var (pair, text) in DemoMatching.Pairs.Zip(texts))
        {
            Assert.Equal(pair.Text, text.Text);
            Assert.Equal(1, Dot(text.Vector!, text.Vector!), 1e-5);
            Assert.Equal(pair.Cosine, Dot(images[pair.Path].Vector!, text.Vector!), 2e-4);
        }
    }

    [Fact]
    public async Task Vectors_are_those_that_each_has_alone_to_the_last_bit()
    {
        using var batches = Embedder.Load(DemoMatching.Model, OnCpu with { BatchSize = 7 });
        var texts = DemoMatching.Pairs.Select(pair => pair.Text).ToArray();
        Assert.Equal(texts.Select(text => embedder.EmbedText(text, Token)), batches.EmbedTexts(texts, Token));
        var images = await batches.EmbedImagesAsync(Demo.Paths.Select(path => (ImageSource)path), Token).ToListAsync(Token);
        Assert.Equal(Demo.Paths.Select(path => embedder.EmbedImage(path, Token)), images.Select(image => image.Vector));
    }

    [Fact]
    public async Task What_is_wrong_with_one_is_its_own_result()
    {
        var images = await embedder.EmbedImagesAsync([Demo.Paths[0], "no/such/file.png", Demo.Paths[1]], Token).ToListAsync(Token);
        Assert.Equal([true, false, true], images.Select(image => image.Succeeded));
        Assert.StartsWith("no/such/file.png: ", images[1].Error, StringComparison.Ordinal);
        var endless = string.Join(' ', Enumerable.Repeat("star", 80));
        var texts = await embedder.EmbedTextsAsync([endless, "a star", ""], Token).ToListAsync(Token);
        Assert.Equal([false, true, true], texts.Select(text => text.Succeeded));
        Assert.Equal(embedder.EmbedText("a star", Token), texts[1].Vector);
        Assert.Contains("shorten it", texts[0].Error, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => embedder.EmbedText(endless, Token));
        Assert.Throws<ImageException>(() => embedder.EmbedImage("no/such/file.png", Token));
    }

    [Fact]
    public async Task Cancellation_ends_a_stream_and_leaves_the_embedder_usable()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var taken = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var image in embedder.EmbedImagesAsync(Enumerable.Repeat((ImageSource)Demo.Paths[0], 10_000), stop.Token))
            {
                if (++taken == 3)
                    await stop.CancelAsync();
            }
        });
        Assert.InRange(taken, 3, 100);
        Assert.Equal(64, embedder.EmbedText("a star", Token).Length);
    }

    [Fact]
    public void A_model_without_a_task_has_its_projections()
    {
        var source = ModelSource.Synthetic(SyntheticModels.Config("tiny-head64") with { Head = BlipHead.Model });
        using var own = Embedder.Load(source, OnCpu with { VocabularyFile = Path.Combine(Demo.Model, "vocab.txt") });
        Assert.NotNull(own.LogitScale);
        Assert.Equal(own.Config.ProjectionDim, own.Dimension);
        var (image, text) = (own.EmbedImage(Demo.Paths[0], Token), own.EmbedText("a star", Token));
        Assert.Equal((own.Dimension, own.Dimension), (image.Length, text.Length));
        Assert.Equal(1, Dot(image, image), 1e-5);
        Assert.Equal(1, Dot(text, text), 1e-5);
    }

    [Fact]
    public void Another_heads_checkpoint_is_refused() => Assert.Throws<CheckpointException>(() => Embedder.Load(Demo.Model, OnCpu));

    [Fact]
    public void Without_a_vocabulary_texts_are_refused()
    {
        using var synthetic = Embedder.Load("synthetic:tiny-square", OnCpu);
        Assert.Throws<ArgumentException>(() => synthetic.EmbedText("a star", Token));
        Assert.Throws<ArgumentException>(() => synthetic.EmbedTextsAsync(["a star"], Token));
        Assert.NotEmpty(synthetic.EmbedImage(Demo.Paths[0], Token));
    }
}
