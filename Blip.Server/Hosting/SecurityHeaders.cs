namespace Blip.Server.Hosting;

/// <summary>Headers that tell browsers to use a response for its purpose only.</summary>
internal static class SecurityHeaders
{
    // JSON is not a page: it may run and load nothing.
    private const string ForData = "default-src 'none'; frame-ancestors 'none'";

    // The reference page brings its script, which writes styles; it may contact only this server.
    private const string ForReference =
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' "
            + "data:; "
        + "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // The page shows its reader's images, and heat maps that the server sends as data.
    private const string ForPage =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'";

    /// <summary>Adds them to every response. <paramref name="shared"/>: whether pages of other origins may read responses (CORS).</summary>
    public static void Use(WebApplication app, bool shared) => app.Use((http, next) =>
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        headers["Cross-Origin-Resource-Policy"] = shared ? "cross-origin" : "same-origin";
        headers.ContentSecurityPolicy = PolicyOf(http.Request.Path);
        headers.CacheControl = "no-store";
        return next(http);
    });

    private static string PolicyOf(PathString path) =>
        path == "/" ? ForPage
        : path.StartsWithSegments(BlipHost.ReferencePath, StringComparison.OrdinalIgnoreCase) ? ForReference
        : ForData;
}
