using System.Net;
using Blip.Server.Http;

namespace Blip.Server.Hosting;

/// <summary>
/// The names by which a server that listens on this machine alone may be called. A page of another site could lead its own name here (DNS
/// rebinding), and read the answers as if they were its own.
/// </summary>
internal static class HostNames
{
    /// <summary>Refuses requests by other names, where the server listens on this machine alone.</summary>
    public static void Use(WebApplication app, BlipHostSetup setup)
    {
        if (!IPAddress.IsLoopback(setup.Address))
            return;
        app.Use((http, next) => IsKnown(http.Request.Host.Host, setup.HostNames)
            ? next(http)
            : ErrorShape.WriteAsync(
                http,
                new Failure(
                    StatusCodes.Status421MisdirectedRequest, $"This server listens on its own machine alone and is not called '{http.Request.Host.Host}': ask localhost, or start it with --allow-host."),
                http.RequestAborted));
    }

    private static bool IsKnown(string name, IReadOnlyList<string> known) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address))
        || known.Contains(name, StringComparer.OrdinalIgnoreCase);
}
