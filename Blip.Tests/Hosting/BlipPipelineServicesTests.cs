using System.Collections.Concurrent;
using Blip.Extensions.AI;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Blip.Tests.Hosting;

/// <summary>
/// Pipelines as services: bound to a configuration, checked before they are loaded, told of in the log, freed by the container.
/// </summary>
public sealed class BlipPipelineServicesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Weights(string name) => Path.Combine(AppContext.BaseDirectory, "weights", name);

    private static IConfiguration Configuration(string folder) =>
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Captioner:Model"] = Demo.Model,
            ["Captioner:Setup:Device"] = "cpu",
            ["Captioner:Setup:BatchSize"] = "3",
            ["Captioner:Setup:MaxBatchDelay"] = "00:00:00.010",
            ["Captioner:Setup:Precision"] = "Fp16",
            ["Captioner:Setup:Images:MaxPixels"] = "1000000",
            ["Answerer:Model"] = Weights("vqa"),
            ["Answerer:Setup:Device"] = "cpu",
            ["Matcher:Model"] = Weights("retrieval"),
            ["Matcher:Setup:Device"] = "cpu",
            ["Retriever:Model"] = Weights("retrieval"),
            ["Retriever:Setup:Device"] = "cpu",
            ["Retriever:Index"] = Path.Combine(folder, "images.index"),
            ["Retriever:Writes"] = "true",
        }).Build();

    [Fact]
    public async Task Each_pipeline_is_bound_to_a_configuration_and_is_one_object_under_two_names()
    {
        using var folder = new TemporaryFolder();
        var configuration = Configuration(folder.Path);
        var log = new Memory();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddBlipCaptioner(options => configuration.GetSection("Captioner").Bind(options));
        services.AddBlipQuestionAnswerer(options => configuration.GetSection("Answerer").Bind(options));
        services.AddBlipMatcher(options => configuration.GetSection("Matcher").Bind(options));
        services.AddBlipEmbedder(options => configuration.GetSection("Matcher").Bind(options));
        services.AddBlipRetriever(options => configuration.GetSection("Retriever").Bind(options));
        ICaptioner captioner;
        await using (var provider = services.BuildServiceProvider())
        {
            var setup = provider.GetRequiredService<IOptions<BlipPipelineOptions<CaptionerOptions>>>().Value.Setup;
            Assert.Equal(
                (3, TimeSpan.FromMilliseconds(10), Blip.Runtime.Models.Precision.Fp16, 1000000L),
                    (setup.BatchSize, setup.MaxBatchDelay, setup.Precision, setup.Images.MaxPixels));
            captioner = provider.GetRequiredService<ICaptioner>();
            Assert.Same(provider.GetRequiredService<Captioner>(), captioner);
            Assert.Equal("a large white ring on a cyan background",
                (await captioner.CaptionAsync(Demo.Paths[0], cancellationToken: Token)).Text);
            Assert.Equal("cyan",
                (await provider.GetRequiredService<IQuestionAnswerer>()
                .AnswerAsync(Demo.Paths[0], ["what color is the background?"], cancellationToken: Token))[0].Text);
            Assert.True((await provider.GetRequiredService<IMatcher>().MatchAsync(
                Demo.Paths[0], ["a large white ring on a cyan background"], cancellationToken: Token))[0].MatchProbability > 0.5);
            Assert.Equal(provider.GetRequiredService<IEmbedder>().Dimension,
                (await provider.GetRequiredService<IEmbedder>().EmbedImageAsync(Demo.Paths[0], Token)).Length);
            var retriever = provider.GetRequiredService<IRetriever>();
            Assert.Equal(3, await retriever.AddAsync(Demo.Paths[..3].Select(path => ImageSource.FromFile(path)), Token).CountAsync(Token));
            Assert.Equal(3, (await retriever.SearchAsync("a large white ring", cancellationToken: Token)).Count);
        }
        await Assert.ThrowsAsync<ObjectDisposedException>(() => captioner.CaptionAsync(Demo.Paths[0], cancellationToken: Token));
        Assert.Contains(log.Lines, line =>
            line.Contains("Loading", StringComparison.Ordinal) && line.Contains("'cpu'", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("captioning runs on cpu", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("captioning was loaded in", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_wrong_with_options_is_told_before_a_model_is_loaded()
    {
        Refused(services => services.AddBlipCaptioner(_ => { }), provider => provider.GetService<ICaptioner>(), "set Model");
        Refused(services => services.AddBlipMatcher(options => options.Model = "no/such-model"), provider => provider.GetService<Matcher>(),
            "no/such-model");
        Refused(
            services => services.AddBlipEmbedder(
                options => (options.Model, options.Setup) = (Weights("retrieval"), new EmbedderOptions { BatchSize = -1 }), "second"),
            provider => provider.GetKeyedService<IEmbedder>("second"), "BatchSize is -1");
        Refused(
            services => services.AddBlipRetriever(options => (options.Model, options.Index) = (Weights("retrieval"), "nowhere.index")),
            provider => provider.GetService<IRetriever>(), "nowhere.index");

        static void Refused(Action<IServiceCollection> add, Func<IServiceProvider, object?> get, string message)
        {
            var services = new ServiceCollection();
            add(services);
            using var provider = services.BuildServiceProvider();
            Assert.Contains(message, Assert.Throws<OptionsValidationException>(() => get(provider)).Message, StringComparison.Ordinal);
        }
    }

    private sealed class Memory : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
