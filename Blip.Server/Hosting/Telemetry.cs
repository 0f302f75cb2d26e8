using Blip.Server.Http;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Blip.Server.Hosting;

/// <summary>
/// OpenTelemetry: metrics at <c>/metrics</c> for Prometheus. Traces and metrics also go to the collector that
/// OTEL_EXPORTER_OTLP_ENDPOINT names.
/// </summary>
internal static class Telemetry
{
    public const string Path = "/metrics";

    private const string Prefix = "OTEL_", Collector = "OTEL_EXPORTER_OTLP_ENDPOINT", Name = "blip";

    public static void Add(WebApplicationBuilder builder)
    {
        builder.Configuration.AddInMemoryCollection(Variables());
        var exports = builder.Configuration[Collector] is { Length: > 0 };
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource.AddService(Name, serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "Blip*")
                    .AddPrometheusExporter();
                if (exports)
                    metrics.AddOtlpExporter();
            });
        if (exports)
            builder.Services.AddOpenTelemetry()
                .WithTracing(traces => traces.AddAspNetCoreInstrumentation().AddSource("Blip*").AddOtlpExporter());
    }

    /// <summary>Maps the metrics. They ask for a key, as they show how a server is used.</summary>
    public static void Map(WebApplication app)
    {
        var keys = app.Services.GetRequiredService<ApiKeys>();
        app.UseWhen(
            http => http.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase) && !keys.Admits(http.Request),
            refused => refused.Run(http => ErrorShape.WriteAsync(http, Failure.NoKey, http.RequestAborted)));
        app.MapPrometheusScrapingEndpoint(Path);
    }

    private static IEnumerable<KeyValuePair<string, string?>> Variables() =>
        from System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables()
        let name = (string)variable.Key
        where name.StartsWith(Prefix, StringComparison.Ordinal)
        select KeyValuePair.Create(name, (string?)variable.Value);
}
