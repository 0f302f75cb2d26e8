using Blip.Runtime.Pipelines;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Blip.Extensions.AI;

/// <summary>Registers BLIP as singletons. The host's start checks the options; models load when first requested.</summary>
public static class BlipServiceCollectionExtensions
{
    /// <summary>Registers an <see cref="IChatClient"/>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Names the models, at least one.</param>
    /// <param name="serviceKey">A key that tells several registrations apart, or null.</param>
    public static IServiceCollection AddBlipChatClient(
        this IServiceCollection services, Action<BlipChatOptions> configure, string? serviceKey = null)
    {
        AddOptions(services, configure, serviceKey, new OptionsValidation());
        return services.AddKeyed<IChatClient>(
            serviceKey, provider => BlipChatClient.Load(OptionsOf<BlipChatOptions>(provider, serviceKey)));
    }

    /// <summary>
    /// Registers one <see cref="BlipEmbeddingGenerator"/> as the <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>
    /// of texts (<see cref="string"/>) and images (<see cref="DataContent"/>, <see cref="ImageSource"/>).
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Names the model.</param>
    /// <param name="serviceKey">A key that tells several registrations apart, or null.</param>
    public static IServiceCollection AddBlipEmbeddingGenerator(
        this IServiceCollection services, Action<BlipEmbeddingOptions> configure, string? serviceKey = null)
    {
        AddOptions(services, configure, serviceKey, new OptionsValidation());
        return services
            .AddKeyed(serviceKey, provider => BlipEmbeddingGenerator.Load(OptionsOf<BlipEmbeddingOptions>(provider, serviceKey)))
            .AddKeyed<IEmbeddingGenerator<string, Embedding<float>>>(serviceKey, Generator)
            .AddKeyed<IEmbeddingGenerator<DataContent, Embedding<float>>>(serviceKey, Generator)
            .AddKeyed<IEmbeddingGenerator<ImageSource, Embedding<float>>>(serviceKey, Generator);

        BlipEmbeddingGenerator Generator(IServiceProvider provider) =>
            serviceKey is null
                ? provider.GetRequiredService<BlipEmbeddingGenerator>()
                : provider.GetRequiredKeyedService<BlipEmbeddingGenerator>(serviceKey);
    }

    internal static void AddOptions<TOptions>(
        IServiceCollection services, Action<TOptions> configure, string? serviceKey, IValidateOptions<TOptions> validation)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<TOptions>(serviceKey ?? Options.DefaultName).Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton(typeof(IValidateOptions<TOptions>), validation));
    }

    internal static TOptions OptionsOf<TOptions>(IServiceProvider provider, string? serviceKey) =>
        provider.GetRequiredService<IOptionsMonitor<TOptions>>().Get(serviceKey ?? Options.DefaultName);

    internal static IServiceCollection AddKeyed<TService>(
        this IServiceCollection services, string? serviceKey, Func<IServiceProvider, TService> make)
        where TService : class =>
        serviceKey is null ? services.AddSingleton(make) : services.AddKeyedSingleton(serviceKey, (provider, _) => make(provider));
}
