using System.Net;
using Blip.Server.Http;

namespace Blip.Server.Hosting;

/// <summary>
/// Allowed host names of a server on loopback. Without the check, another site's page could point its name
/// here (DNS rebinding) and read the answers.
/// </summary>
internal static class HostNames
{
    public static void Use(WebApplication app, BlipHostSetup setup)
    {
        if (!IPAddress.IsLoopback(setup.Address))
            return;
        app.Use((http, next) => IsKnown(http.Request.Host.Host, setup.HostNames)
            ? next(http)
            : ErrorShape.WriteAsync(
                http,
                new Failure(
                    StatusCodes.Status421MisdirectedRequest,
                        $"This server listens on its own machine alone and is not called '{http.Request.Host.Host}': ask localhost, or "
                            + $"start it with --allow-host."),
                http.RequestAborted));
    }

    private static bool IsKnown(string name, IReadOnlyList<string> known) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address))
        || known.Contains(name, StringComparer.OrdinalIgnoreCase);
}
