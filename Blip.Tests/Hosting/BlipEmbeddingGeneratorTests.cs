using Blip.Extensions.AI;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Blip.Tests.Hosting;

/// <summary>Vectors behind <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>, and the registration of both.</summary>
public sealed class BlipEmbeddingGeneratorTests
{
    private static readonly string Model = Path.Combine(AppContext.BaseDirectory, "weights", "retrieval");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Vectors_are_the_embedders_whatever_the_image_comes_in()
    {
        using var embedder = Embedder.Load(Model, new EmbedderOptions { Device = "cpu" });
        using var generator = new BlipEmbeddingGenerator(embedder);
        var path = Demo.Sample("00.png");
        var content = new DataContent(await File.ReadAllBytesAsync(path, Token), "image/png");

        IEmbeddingGenerator<string, Embedding<float>> texts = generator;
        IEmbeddingGenerator<DataContent, Embedding<float>> contents = generator;
        IEmbeddingGenerator<ImageSource, Embedding<float>> images = generator;

        Assert.Equal(embedder.EmbedText("a dog", cancellationToken: Token),
            (await texts.GenerateAsync(["x", "a dog"], cancellationToken: Token))[1].Vector.ToArray());
        var image = embedder.EmbedImage(path, Token);
        Assert.Equal(image,
            (await contents.GenerateAsync(
            [content], new EmbeddingGenerationOptions { Dimensions = embedder.Dimension, ModelId = generator.ModelId },
            Token))[0].Vector.ToArray());
        Assert.Equal(image, (await images.GenerateAsync([Demo.Sample("03.png"), path], cancellationToken: Token))[1].Vector.ToArray());
        Assert.Empty(await texts.GenerateAsync([], cancellationToken: Token));

        var metadata = (EmbeddingGeneratorMetadata)generator.GetService(typeof(EmbeddingGeneratorMetadata))!;
        Assert.Equal(("blip", embedder.Dimension), (metadata.ProviderName, metadata.DefaultModelDimensions));
        Assert.Same(embedder, generator.GetService(typeof(Embedder)));
        Assert.Same(generator, generator.GetService(typeof(IEmbeddingGenerator<DataContent, Embedding<float>>)));
        Assert.Null(generator.GetService(typeof(Embedder), "key"));

        var broken = await Assert.ThrowsAsync<ImageException>(
            () => contents.GenerateAsync([new DataContent(new byte[3], "image/png") { Name = "broken.png" }], cancellationToken: Token));
        Assert.StartsWith("broken.png", broken.Message, StringComparison.Ordinal);
        foreach (var (message, options) in ((string, EmbeddingGenerationOptions)[])
        [
            ("Dimensions is 3", new() { Dimensions = 3 }), ("ModelId is 'x'", new() { ModelId = "x" }),
                ("'task'", new() { AdditionalProperties = new() { ["task"] = 1 } }),
            ("RawRepresentationFactory", new() { RawRepresentationFactory = _ => null }),
        ])
        {
            Assert.Contains(message, (await Assert.ThrowsAnyAsync<Exception>(() => texts.GenerateAsync(["x"], options, Token))).Message,
                StringComparison.Ordinal);
            Assert.Contains(message, (await Assert.ThrowsAnyAsync<Exception>(() => images.GenerateAsync([path], options, Token))).Message,
                StringComparison.Ordinal);
        }
        Assert.Contains("text/plain", (
            await Assert.ThrowsAsync<NotSupportedException>(
            () => contents.GenerateAsync([new DataContent(new byte[1], "text/plain")], cancellationToken: Token))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Registered_services_are_one_and_keys_keep_them_apart()
    {
        var services = new ServiceCollection();
        services.AddBlipEmbeddingGenerator(options => options.Model = Model);
        services.AddBlipEmbeddingGenerator(
            options => (options.Model, options.Embedder) = (Model, new EmbedderOptions { Device = "cpu", BatchSize = 2 }), "second");
        using var provider = services.BuildServiceProvider();

        var texts = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        Assert.Same(texts, provider.GetRequiredService<IEmbeddingGenerator<ImageSource, Embedding<float>>>());
        Assert.Same(texts, provider.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>());
        Assert.NotSame(texts, provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("second"));
        Assert.Equal("retrieval", texts.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
    }

    [Fact]
    public void The_container_disposes_what_it_loaded()
    {
        var services = new ServiceCollection();
        services.AddBlipChatClient(options =>
            (options.CaptionModel, options.Captioner) = (Demo.Model, new CaptionerOptions { Device = "cpu" }));
        var provider = services.BuildServiceProvider();
        var captioner = provider.GetRequiredService<IChatClient>().GetService<Captioner>()!;
        provider.Dispose();

        Assert.Throws<ObjectDisposedException>(() => captioner.Caption(Demo.Sample("00.png"), cancellationToken: Token));
    }

    [Fact]
    public void Options_are_checked_before_a_model_is_loaded()
    {
        Assert.Contains("names no model", Failure(services => services.AddBlipChatClient(_ => { })), StringComparison.Ordinal);
        Assert.Contains("CaptionModel: ",
            Failure(services => services.AddBlipChatClient(options => options.CaptionModel = "no/such/model/at/all")),
            StringComparison.Ordinal);
        Assert.Contains("BatchSize is -1", Failure(services => services.AddBlipChatClient(options =>
            (options.CaptionModel, options.Captioner) = (Demo.Model, new CaptionerOptions { BatchSize = -1 }))), StringComparison.Ordinal);
        Assert.Contains("names no model", Failure(services => services.AddBlipEmbeddingGenerator(_ => { })), StringComparison.Ordinal);

        // At the host's start already, which asks for no service.
        var services = new ServiceCollection();
        services.AddBlipChatClient(_ => { }, "key");
        using var provider = services.BuildServiceProvider();
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
    }

    private static string Failure(Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        add(services);
        using var provider = services.BuildServiceProvider();
        return Assert.Throws<OptionsValidationException>(() => provider.GetService<IChatClient>()
            ?? (object)provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>()).Message;
    }
}
