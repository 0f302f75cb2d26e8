using Blip.Server.Endpoints;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.OpenAI;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Blip.Server;

/// <summary>Registers BLIP's HTTP service. The host's start checks the options, then loads the models in the background.</summary>
public static class BlipServerServiceCollectionExtensions
{
    /// <summary>Registers the service.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Names the models, at least one.</param>
    public static IServiceCollection AddBlipServer(this IServiceCollection services, Action<BlipServerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        return services.AddParts();
    }

    /// <summary>Registers the service with options from configuration.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="section">A section with the properties of <see cref="BlipServerOptions"/>.</param>
    public static IServiceCollection AddBlipServer(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.Configure<BlipServerOptions>(section);
        return services.AddParts();
    }

    private static IServiceCollection AddParts(this IServiceCollection services)
    {
        services.AddOptions<BlipServerOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BlipServerOptions>, OptionsValidation>());
        services.TryAddSingleton<ModelSet>();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IHostedService, ModelSet>(provider => provider.GetRequiredService<ModelSet>()));
        services.AddMetrics();
        services.TryAddSingleton<ServerMetrics>();
        services.TryAddSingleton<ModelCatalog>();
        services.TryAddSingleton<ApiKeys>();
        services.TryAddSingleton<Admission>();
        services.TryAddSingleton<Shutdown>();
        services.TryAddSingleton(provider => new RemoteImages(provider.GetRequiredService<IOptions<BlipServerOptions>>()));
        services.TryAddSingleton<ImageInputs>();
        services.TryAddSingleton<RequestInputs>();
        services.TryAddSingleton<ChatCompletions>();
        services.TryAddSingleton<Embeddings>();
        services.TryAddSingleton<CaptionEndpoint>();
        services.TryAddSingleton<AskEndpoint>();
        services.TryAddSingleton<MatchEndpoint>();
        services.TryAddSingleton<LabelEndpoint>();
        services.TryAddSingleton<SearchEndpoint>();
        services.TryAddSingleton<SearchImageEndpoint>();
        services.TryAddSingleton<AttentionEndpoint>();
        return services.AddRouting();
    }
}
