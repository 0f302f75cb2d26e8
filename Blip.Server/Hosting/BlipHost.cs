using Blip.Server.Http;
using Blip.Server.Page;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.WebUtilities;
using Scalar.AspNetCore;

namespace Blip.Server.Hosting;

/// <summary>A web application that serves BLIP only, as <c>blip serve</c> does.</summary>
internal static class BlipHost
{
    /// <summary>Where people read about the endpoints.</summary>
    public const string ReferencePath = "/reference";

    private static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(30), ClosingTime = TimeSpan.FromSeconds(1);

    /// <summary>Builds it; starting it is the caller's.</summary>
    /// <param name="setup">Where it listens.</param>
    /// <param name="configure">Models and limits.</param>
    public static WebApplication Build(BlipHostSetup setup, Action<BlipServerOptions> configure)
    {
        // Nothing is read from the current folder or from variables of ASP.NET Core: the command line says it all.
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
        // The description has the names that requests have.
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = JsonBodies.Writing.PropertyNamingPolicy);
        // Signals are the program's own.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = setup.ShutdownTimeout);
        setup.Logging?.Invoke(builder.Logging);
        setup.Services?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseStatusCodePages(context => TellStatusAsync(context.HttpContext));
        SecurityHeaders.Use(app, setup.CorsOrigins.Count > 0);
        HostNames.Use(app, setup);
        // Every path that answers GET answers HEAD; Kestrel sends no body then.
        app.Use((http, next) =>
        {
            if (HttpMethods.IsHead(http.Request.Method))
                http.Request.Method = HttpMethods.Get;
            return next(http);
        });
        app.UseRouting();
        if (setup.CorsOrigins.Count > 0)
            app.UseCors(policy => policy.WithOrigins([.. setup.CorsOrigins]).AllowAnyHeader().WithMethods(HttpMethods.Get, HttpMethods.Post));
        Telemetry.Map(app);
        app.MapBlip();
        PageFiles.Map(app);
        app.MapOpenApi();
        app.MapScalarApiReference(ReferencePath, reference => reference
            .WithTitle("BLIP").DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideDeveloperTools().HideClientButton());
        return app;
    }

    /// <summary>
    /// Stops it once no request is in hand, or after its shutdown timeout. A connection on which half a request was sent would otherwise
    /// be waited for to the end.
    /// </summary>
    public static async Task StopAsync(WebApplication app)
    {
        using var close = new CancellationTokenSource();
        var stopping = app.StopAsync(close.Token);
        if (await Task.WhenAny(stopping, app.Services.GetRequiredService<Shutdown>().Finished).ConfigureAwait(false) != stopping)
            close.CancelAfter(ClosingTime);
        await stopping.ConfigureAwait(false);
    }

    /// <summary>Where a started application can be reached.</summary>
    public static string AddressOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    // Requests without an endpoint: an unknown path, or a method that an endpoint lacks.
    private static Task TellStatusAsync(HttpContext http)
    {
        var status = http.Response.StatusCode;
        var message = status switch
        {
            StatusCodes.Status404NotFound => $"There is no '{http.Request.Path}' here: /openapi/v1.json has what there is.",
            StatusCodes.Status405MethodNotAllowed => $"'{http.Request.Path}' does not take {http.Request.Method}: it takes {http.Response.Headers.Allow}.",
            StatusCodes.Status415UnsupportedMediaType =>
                $"The body is '{http.Request.ContentType}': send JSON with the content type application/json, or, outside {ErrorShape.OpenAIPath}, a form or an image (image/…).",
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

/// <summary>Where a server listens, and how it ends.</summary>
internal sealed record BlipHostSetup
{
    /// <summary>The address.</summary>
    public System.Net.IPAddress Address { get; init; } = System.Net.IPAddress.Loopback;

    /// <summary>The port; 0 takes one that is free.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Names besides localhost by which a server may be called that listens on this machine alone: the names that a proxy before it passes on.</summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>Origins whose pages may ask; <c>*</c> is every one, none are none.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>How long requests in hand may take once the server is to end.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Services besides, or in place of, the server's; null for none.</summary>
    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>Where messages go; null for nowhere.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }
}
