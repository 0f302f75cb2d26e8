using Blip.Server.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Blip.Server.Hosting;

/// <summary>A web application that serves BLIP and nothing else: what <c>blip serve</c> runs.</summary>
internal static class BlipHost
{
    private static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(30);

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
        // Signals are the program's own.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = setup.ShutdownTimeout);
        setup.Logging?.Invoke(builder.Logging);
        var app = builder.Build();
        app.UseStatusCodePages(context => TellStatusAsync(context.HttpContext));
        app.UseRouting();
        app.MapBlip();
        return app;
    }

    /// <summary>Where a started application can be reached.</summary>
    public static string AddressOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    // What no endpoint answers: an unknown path, a method that an endpoint has not.
    private static Task TellStatusAsync(HttpContext http)
    {
        var status = http.Response.StatusCode;
        var message = status switch
        {
            StatusCodes.Status404NotFound => $"There is no '{http.Request.Path}' here: /openapi/v1.json has what there is.",
            StatusCodes.Status405MethodNotAllowed => $"'{http.Request.Path}' does not take {http.Request.Method}: it takes {http.Response.Headers.Allow}.",
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

    /// <summary>How long requests in hand may take once the server is to end.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where messages go; null for nowhere.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }
}
