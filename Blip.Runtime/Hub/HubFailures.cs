using System.Net;
using System.Net.Http.Headers;

namespace Blip.Runtime.Hub;

/// <summary>Turns refusals and broken connections into messages with a remedy.</summary>
internal sealed class HubFailures(HubSettings settings)
{
    /// <summary>The exception for a failed answer of the hub; no file means the list of files.</summary>
    public Exception Refusal(HttpResponseMessage response, string name, string revision, string? file) =>
        (Exception?)Passing(response) ?? new HubException(Code(response) switch
        {
            "GatedRepo" => Gated(name),
            "RevisionNotFound" => NoRevision(name, revision),
            "EntryNotFound" => $"{name} has no file '{file}' any more: try again, or name another revision.",
            "DisabledRepo" => $"{name} was closed by {settings.Host}; nothing of it can be downloaded.",
            "RepoNotFound" => NoModel(name),
            _ => Unnamed(response, name, revision, file),
        });

    /// <summary>The exception for a failed answer of the host that stores a file.</summary>
    public static Exception RefusalOfBytes(HttpResponseMessage response, string file) =>
        Passing(response) ?? new TransientException($"{Host(response)} answers {Status(response)} for {file}");

    public Exception Broken(Exception e, Uri address) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => new HubException(
            $"{address.Authority} is not found: is there a network? Behind a proxy set HTTPS_PROXY; HF_ENDPOINT names another hub.", e),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => new HubException(
            $"{address.Authority} has a certificate that this system does not trust: {Root(e)}. "
            + "Behind a proxy that looks into connections, add its certificate to the system's (SSL_CERT_FILE on Linux).", e),
        HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => new HubException(
            $"the proxy refuses a connection to {address.Authority}: {Root(e)}. "
            + "Check HTTPS_PROXY; a name and password stand in it as user:password@host.", e),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => new TransientException(
            $"there is no connection to {address.Authority}: {Root(e)}", inner: e),
        OperationCanceledException => new TransientException(
            $"nothing came from {address.Authority} for {settings.Options.Silence.TotalSeconds:0} s", inner: e),
        _ => new TransientException($"the connection to {address.Authority} broke: {Root(e)}", inner: e),
    };

    private static TransientException? Passing(HttpResponseMessage response) => response.StatusCode switch
    {
        HttpStatusCode.TooManyRequests => new TransientException(
            $"{Host(response)} has had too many requests from here (429)", Wait(response)),
        HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new TransientException(
            $"{Host(response)} answers {Status(response)}", Wait(response)),
        _ => null,
    };

    private string Unnamed(HttpResponseMessage response, string name, string revision, string? file) => response.StatusCode switch
    {
        HttpStatusCode.Unauthorized when settings.Token is not null =>
            $"{settings.Host} takes no token such as the one in {settings.TokenOrigin}, or there is no model {name}: make a new one at "
            + $"{settings.Endpoint}settings/tokens, or take it away.",
        HttpStatusCode.Unauthorized or HttpStatusCode.NotFound when file is null => NoModel(name),
        HttpStatusCode.Unauthorized or HttpStatusCode.NotFound => $"{name} has no file '{file}' in {revision}.",
        HttpStatusCode.Forbidden => Gated(name),
        HttpStatusCode.ProxyAuthenticationRequired =>
            "the proxy asks for a name and a password: put them into HTTPS_PROXY, as user:password@host.",
        _ => $"{Host(response)} answers {Status(response)} for {name}: is {settings.Endpoint} a hub?",
    };

    private string NoModel(string name) =>
        $"there is no model {name} on {settings.Host}, or it is a private one: check the name"
        + (settings.Token is null
            ? "; for a private one set HF_TOKEN."
            : $", and whether the token in {settings.TokenOrigin} may read it.");

    private static string NoRevision(string name, string revision) =>
        $"{name} has no revision '{revision}': give a branch, a tag or a commit that it has.";

    private string Gated(string name) =>
        $"{name} is gated: ask for access at {settings.Endpoint}{name}"
        + (settings.Token is null
            ? $", then set HF_TOKEN to a token of yours ({settings.Endpoint}settings/tokens)."
            : $"; the token in {settings.TokenOrigin} has none yet, or may not read gated models.");

    private static string? Code(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Error-Code", out var values) ? values.FirstOrDefault() : null;

    // Without the standard header, the hub's own tells when its count resets.
    private static TimeSpan? Wait(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is { } retry)
            return Wait(retry);
        var limit = response.Headers.TryGetValues("RateLimit", out var values) ? string.Join(';', values) : "";
        var part = limit.Split(';').Select(part => part.Trim()).FirstOrDefault(part => part.StartsWith("t=", StringComparison.Ordinal));
        return int.TryParse(part?[2..], out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static TimeSpan? Wait(RetryConditionHeaderValue retry) =>
        (retry.Delta ?? retry.Date - DateTimeOffset.UtcNow) is { } wait && wait > TimeSpan.Zero ? wait : null;

    private static string Host(HttpResponseMessage response) => response.RequestMessage!.RequestUri!.Authority;

    private static string Status(HttpResponseMessage response) => $"{(int)response.StatusCode} {response.StatusCode}";

    private static string Root(Exception e) => e.GetBaseException().Message.TrimEnd('.');
}
