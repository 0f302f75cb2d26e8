using System.Diagnostics;
using Blip.Runtime.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Blip.Extensions.AI;

/// <summary>
/// Registers BLIP's pipelines as singletons. The host's start checks the options; models load when first requested, and the log reports it.
/// </summary>
public static partial class BlipPipelineServices
{
    /// <summary>Registers a <see cref="Captioner"/>, also as <see cref="ICaptioner"/>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">
    /// Names the model. For a configuration: <c>options => configuration.GetSection("Blip:Captioner").Bind(options)</c>.
    /// </param>
    /// <param name="serviceKey">A key that tells several registrations apart, or null.</param>
    public static IServiceCollection AddBlipCaptioner(
        this IServiceCollection services, Action<BlipPipelineOptions<CaptionerOptions>> configure, string? serviceKey = null) =>
        Add<Captioner, ICaptioner, CaptionerOptions>(services, configure, serviceKey, Captioner.Load);

    /// <summary>Registers a <see cref="QuestionAnswerer"/>, also as <see cref="IQuestionAnswerer"/>.</summary>
    /// <inheritdoc cref="AddBlipCaptioner"/>
    public static IServiceCollection AddBlipQuestionAnswerer(
        this IServiceCollection services, Action<BlipPipelineOptions<QuestionAnswererOptions>> configure, string? serviceKey = null) =>
        Add<QuestionAnswerer, IQuestionAnswerer, QuestionAnswererOptions>(services, configure, serviceKey, QuestionAnswerer.Load);

    /// <summary>Registers a <see cref="Matcher"/>, also as <see cref="IMatcher"/>.</summary>
    /// <inheritdoc cref="AddBlipCaptioner"/>
    public static IServiceCollection AddBlipMatcher(
        this IServiceCollection services, Action<BlipPipelineOptions<MatcherOptions>> configure, string? serviceKey = null) =>
        Add<Matcher, IMatcher, MatcherOptions>(services, configure, serviceKey, Matcher.Load);

    /// <summary>Registers an <see cref="ImageComparer"/>, also as <see cref="IImageComparer"/>.</summary>
    /// <inheritdoc cref="AddBlipCaptioner"/>
    public static IServiceCollection AddBlipImageComparer(
        this IServiceCollection services, Action<BlipPipelineOptions<ImageComparerOptions>> configure, string? serviceKey = null) =>
        Add<ImageComparer, IImageComparer, ImageComparerOptions>(services, configure, serviceKey, ImageComparer.Load);

    /// <summary>Registers an <see cref="Embedder"/>, also as <see cref="IEmbedder"/>.</summary>
    /// <inheritdoc cref="AddBlipCaptioner"/>
    public static IServiceCollection AddBlipEmbedder(
        this IServiceCollection services, Action<BlipPipelineOptions<EmbedderOptions>> configure, string? serviceKey = null) =>
        Add<Embedder, IEmbedder, EmbedderOptions>(services, configure, serviceKey, Embedder.Load);

    /// <summary>Registers a <see cref="Retriever"/> with a separate matcher, also as <see cref="IRetriever"/>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Names the model and the index.</param>
    /// <param name="serviceKey">A key that tells several registrations apart, or null.</param>
    public static IServiceCollection AddBlipRetriever(
        this IServiceCollection services, Action<BlipRetrieverOptions> configure, string? serviceKey = null)
    {
        BlipServiceCollectionExtensions.AddOptions(services, configure, serviceKey, new PipelineOptionsValidation());
        return services
            .AddKeyed(serviceKey, provider =>
            {
                var options = BlipServiceCollectionExtensions.OptionsOf<BlipRetrieverOptions>(provider, serviceKey);
                return new OwnedRetriever(options, () => Load(provider, options.Model!, options.Setup, Matcher.Load));
            })
            .AddKeyed(serviceKey, provider => Own(provider).Retriever)
            .AddKeyed<IRetriever>(serviceKey, provider => Own(provider).Retriever);

        OwnedRetriever Own(IServiceProvider provider) =>
            serviceKey is null
                ? provider.GetRequiredService<OwnedRetriever>()
                : provider.GetRequiredKeyedService<OwnedRetriever>(serviceKey);
    }

    private static IServiceCollection Add<TPipeline, TInterface, TSetup>(
        IServiceCollection services, Action<BlipPipelineOptions<TSetup>> configure, string? serviceKey, Func<string, TSetup,
            TPipeline> load)
        where TPipeline : Pipeline, TInterface
        where TInterface : class
        where TSetup : PipelineOptions, new()
    {
        BlipServiceCollectionExtensions.AddOptions(services, configure, serviceKey, new PipelineOptionsValidation<TSetup>());
        return services
            .AddKeyed(serviceKey, provider =>
            {
                var options = BlipServiceCollectionExtensions.OptionsOf<BlipPipelineOptions<TSetup>>(provider, serviceKey);
                return Load(provider, options.Model!, options.Setup, load);
            })
            .AddKeyed<TInterface>(serviceKey, provider =>
                serviceKey is null ? provider.GetRequiredService<TPipeline>() : provider.GetRequiredKeyedService<TPipeline>(serviceKey));
    }

    private static TPipeline Load<TPipeline,
        TSetup>(IServiceProvider provider, string model, TSetup setup, Func<string, TSetup, TPipeline> load)
        where TPipeline : Pipeline
        where TSetup : PipelineOptions
    {
        var logger = provider.GetService<ILoggerFactory>()?.CreateLogger(typeof(TPipeline).FullName!) ?? NullLogger.Instance;
        var start = Stopwatch.GetTimestamp();
        LogLoading(logger, model, setup.Device);
        var pipeline = load(model, setup);
        foreach (var device in pipeline.Devices)
            LogDevice(logger, pipeline.ModelName, setup.Device, device.Id, device.Name);
        LogLoaded(logger, pipeline.ModelName, Stopwatch.GetElapsedTime(start).TotalSeconds);
        foreach (var notice in pipeline.Notices)
            LogNotice(logger, pipeline.ModelName, notice);
        pipeline.Noticed += (_, told) => LogNotice(logger, pipeline.ModelName, told.Notice);
        return pipeline;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Loading {Model}; the device asked for is '{Device}'.")]
    private static partial void LogLoading(ILogger logger, string model, string device);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Model} runs on {Device} ({Name}), as '{Asked}' names it here.")]
    private static partial void LogDevice(ILogger logger, string model, string asked, string device, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Model} was loaded in {Seconds:F1} s.")]
    private static partial void LogLoaded(ILogger logger, string model, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Model}: {Notice}")]
    private static partial void LogNotice(ILogger logger, string model, string notice);

    private sealed class OwnedRetriever : IDisposable
    {
        private readonly Matcher matcher;

        public OwnedRetriever(BlipRetrieverOptions options, Func<Matcher> load)
        {
            matcher = load();
            try
            {
                Retriever = options.Writes ? Retriever.Open(matcher, options.Index!) : Retriever.OpenRead(matcher, options.Index!);
            }
            catch
            {
                matcher.Dispose();
                throw;
            }
        }

        public Retriever Retriever { get; }

        public void Dispose()
        {
            Retriever.Dispose();
            matcher.Dispose();
        }
    }
}
