using Blip.Server.Http;
using Blip.Server.Page;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.WebUtilities;
using Scalar.AspNetCore;

namespace Blip.Server.Hosting;

/// <summary>A web application that serves only BLIP, as <c>blip serve</c> does.</summary>
internal static class BlipHost
{
    public const string ReferencePath = "/reference";

    private static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(30), ClosingTime = TimeSpan.FromSeconds(1);

    public static WebApplication Build(BlipHostSetup setup, Action<BlipServerOptions> configure)
    {
        // The current folder and ASP.NET Core's variables are ignored: only the command line counts.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = HeaderTime;
            kestrel.Listen(setup.Address, setup.Port);
        });
        builder.Services.AddBlipServer(configure);
        Telemetry.Add(builder);
        builder.Services.AddCors();
        builder.Services.AddOpenApi(Description.Describe);
        // The description names fields as requests do.
        builder.Services.ConfigureHttpJsonOptions(
            json => json.SerializerOptions.PropertyNamingPolicy = JsonBodies.Writing.PropertyNamingPolicy);
        // The program handles signals.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = setup.ShutdownTimeout);
        setup.Logging?.Invoke(builder.Logging);
        setup.Services?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseStatusCodePages(context => TellStatusAsync(context.HttpContext));
        SecurityHeaders.Use(app, setup.CorsOrigins.Count > 0);
        HostNames.Use(app, setup);
        // Every GET path answers HEAD; Kestrel then sends no body.
        app.Use((http, next) =>
        {
            if (HttpMethods.IsHead(http.Request.Method))
                http.Request.Method = HttpMethods.Get;
            return next(http);
        });
        app.UseRouting();
        if (setup.CorsOrigins.Count > 0)
            app.UseCors(policy =>
                policy.WithOrigins([.. setup.CorsOrigins]).AllowAnyHeader().WithMethods(HttpMethods.Get, HttpMethods.Post));
        Telemetry.Map(app);
        app.MapBlip();
        PageFiles.Map(app);
        app.MapOpenApi();
        app.MapScalarApiReference(ReferencePath, reference => reference
            .WithTitle("BLIP").DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideDeveloperTools()
                .HideClientButton());
        return app;
    }

    /// <summary>
    /// Stops it once no request is in hand, or after its shutdown timeout. A half-sent request would
    /// otherwise hold its connection until that timeout.
    /// </summary>
    public static async Task StopAsync(WebApplication app)
    {
        using var close = new CancellationTokenSource();
        var stopping = app.StopAsync(close.Token);
        if (await Task.WhenAny(stopping, app.Services.GetRequiredService<Shutdown>().Finished).ConfigureAwait(false) != stopping)
            close.CancelAfter(ClosingTime);
        await stopping.ConfigureAwait(false);
    }

    public static string AddressOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    // Requests without an endpoint: an unknown path or method.
    private static Task TellStatusAsync(HttpContext http)
    {
        var status = http.Response.StatusCode;
        var message = status switch
        {
            StatusCodes.Status404NotFound => $"There is no '{http.Request.Path}' here: /openapi/v1.json has what there is.",
            StatusCodes.Status405MethodNotAllowed =>
                $"'{http.Request.Path}' does not take {http.Request.Method}: it takes {http.Response.Headers.Allow}.",
            StatusCodes.Status415UnsupportedMediaType =>
                $"The body is '{http.Request.ContentType}': send JSON with the content type application/json, or, outside "
                    + $"{ErrorShape.OpenAIPath}, a form or an image (image/…).",
            _ => $"{ReasonPhrases.GetReasonPhrase(status)}.",
        };
        return ErrorShape.WriteAsync(http, new Failure(status, message), http.RequestAborted);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

internal sealed record BlipHostSetup
{
    public System.Net.IPAddress Address { get; init; } = System.Net.IPAddress.Loopback;

    /// <summary>The port; 0 takes a free one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Further names besides localhost, which a proxy passes on, of a server on loopback.</summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>Origins whose pages may send requests; <c>*</c> allows all.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>Time for requests in hand after the server is told to stop.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Services that add to or replace the server's.</summary>
    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>Where log messages go; null for nowhere.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }
}
