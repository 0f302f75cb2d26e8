using System.Net.Http.Headers;
using System.Reflection;

namespace Blip.Runtime.Hub;

/// <summary>Requests to the hub and the hosts that it redirects to.</summary>
internal sealed class HubClient(HubSettings settings)
{
    private const int MostRedirects = 5;
    private const int LongestJson = 16 << 20;

    // Redirects are followed by hand, because the token must not go along. Lengths and hashes are those of unencoded bytes.
    private static readonly HttpClient Client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static readonly ProductInfoHeaderValue Agent = new(
        "blip", typeof(HubClient).Assembly.GetName().Version?.ToString(3) ?? "0");

    private readonly HubFailures failures = new(settings);

    public HubSettings Settings => settings;

    public HubFailures Failures => failures;

    public Uri AddressOf(string name, string commit, string path) =>
        new(settings.Endpoint, $"{name}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    public async Task<HubListing> ListAsync(string name, string revision, CancellationToken cancellationToken)
    {
        var address = new Uri(settings.Endpoint, $"api/models/{name}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        using var response = await SendAsync(HttpMethod.Get, address, null, leaves: true, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw failures.Refusal(response, name, revision, null);
        return HubListing.Parse(await ReadAsync(response, LongestJson, cancellationToken).ConfigureAwait(false), settings.Host);
    }

    /// <summary>A file's length, blob name and address.</summary>
    public async Task<HubFile> HeadAsync(string name, string commit, string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Head, AddressOf(name, commit, path), null, leaves: false, cancellationToken)
            .ConfigureAwait(false);
        if (!response.IsSuccessStatusCode && Target(response) is null)
            throw failures.Refusal(response, name, commit, path);
        var tag = Header(response, "X-Linked-Etag") ?? Header(response, "ETag");
        var size = Header(response, "X-Linked-Size") is { } linked
            ? long.TryParse(linked, out var length) ? length : -1
            : response.Content.Headers.ContentLength ?? -1;
        return HubFile.Of(path, tag, size, Target(response) ?? response.RequestMessage!.RequestUri!, settings.Host);
    }

    /// <summary>Reads a small file of at most <paramref name="most"/> bytes.</summary>
    public async Task<byte[]> ReadAsync(string name, string commit, string path, int most, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, AddressOf(name, commit, path), null, leaves: true, cancellationToken)
            .ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw failures.Refusal(response, name, commit, path);
        return await ReadAsync(response, most, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Sends a request and waits for the answer's header. Redirects to relative addresses, those of a renamed model, are always followed;
    /// absolute ones only if <paramref name="leaves"/>.
    /// </summary>
    /// <exception cref="TransientException">There is no answer; a retry may help.</exception>
    /// <exception cref="HubException">There will be no answer, or its redirect must not be followed.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri address, RangeHeaderValue? range, bool leaves, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            var response = await SendOnceAsync(method, address, range, cancellationToken).ConfigureAwait(false);
            var target = Target(response);
            if (target is null || (!leaves && response.Headers.Location!.IsAbsoluteUri))
                return response;
            response.Dispose();
            if (redirects == MostRedirects)
                throw new HubException($"{settings.Host} leads from place to place without an end: is {settings.Endpoint} a hub?");
            address = target;
        }
    }

    /// <summary>The target of a redirect.</summary>
    /// <exception cref="HubException">It leaves encryption or HTTP.</exception>
    internal static Uri Follow(Uri from, Uri location)
    {
        var target = new Uri(from, location);
        if (target.Scheme is not ("https" or "http"))
            throw new HubException($"{from.Authority} leads to {target.Scheme}:, which is not followed.");
        if (from.Scheme == "https" && target.Scheme != "https")
            throw new HubException(
                $"{from.Authority} leads from https to http ({target.Authority}), which anybody could have changed: it is not followed.");
        return target;
    }

    private static Uri? Target(HttpResponseMessage response) =>
        (int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location
            ? Follow(response.RequestMessage!.RequestUri!, location)
            : null;

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpMethod method, Uri address, RangeHeaderValue? range, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.UserAgent.Add(Agent);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        request.Headers.Range = range;
        if (settings.Token is { } token && IsHub(address))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(settings.Options.Silence);
        try
        {
            return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsNetwork(e, cancellationToken))
        {
            throw failures.Broken(e, address);
        }
    }

    /// <summary>Whether an error is the network's rather than the caller's cancellation.</summary>
    public static bool IsNetwork(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private bool IsHub(Uri address) =>
        address.Scheme == settings.Endpoint.Scheme && address.Host == settings.Endpoint.Host && address.Port == settings.Endpoint.Port;

    private async Task<byte[]> ReadAsync(HttpResponseMessage response, int most, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(settings.Options.Silence);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
            using var bytes = new MemoryStream();
            var buffer = new byte[1 << 16];
            while (await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false) is > 0 and var count)
            {
                silence.CancelAfter(settings.Options.Silence);
                if (bytes.Length + count > most)
                    throw new HubException($"{settings.Host} answers with more than {Disk.Words(most)} where a little text is due.");
                bytes.Write(buffer, 0, count);
            }
            return bytes.ToArray();
        }
        catch (Exception e) when (IsNetwork(e, cancellationToken))
        {
            throw failures.Broken(e, response.RequestMessage!.RequestUri!);
        }
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
