using System.Net.Http.Headers;
using System.Reflection;

namespace Blip.Runtime.Hub;

/// <summary>Requests to the hub, and to the hosts that it leads to.</summary>
/// <param name="settings">The hub, the token, the limits.</param>
internal sealed class HubClient(HubSettings settings)
{
    private const int MostRedirects = 5;
    private const int LongestJson = 16 << 20;

    // Redirects are followed by hand: the token must not go with them. Lengths and hashes are those of bytes as they are sent.
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

    /// <summary>The hub, the token, the limits.</summary>
    public HubSettings Settings => settings;

    /// <summary>The meanings of refusals and broken connections.</summary>
    public HubFailures Failures => failures;

    /// <summary>Where a file lies.</summary>
    public Uri AddressOf(string name, string commit, string path) =>
        new(settings.Endpoint, $"{name}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    /// <summary>The files of a model.</summary>
    public async Task<HubListing> ListAsync(string name, string revision, CancellationToken cancellationToken)
    {
        var address = new Uri(settings.Endpoint, $"api/models/{name}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        using var response = await SendAsync(HttpMethod.Get, address, null, leaves: true, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw failures.Refusal(response, name, revision, null);
        return HubListing.Parse(await ReadAsync(response, LongestJson, cancellationToken).ConfigureAwait(false), settings.Host);
    }

    /// <summary>The hub's facts about a file: its length, its blob's name, the address of its bytes.</summary>
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

    /// <summary>A small file as a whole.</summary>
    /// <param name="name">The model.</param>
    /// <param name="commit">Its commit.</param>
    /// <param name="path">The file.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<byte[]> ReadAsync(string name, string commit, string path, int most, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, AddressOf(name, commit, path), null, leaves: true, cancellationToken)
            .ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw failures.Refusal(response, name, commit, path);
        return await ReadAsync(response, most, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a request and waits for the head of the answer.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="address">Where to.</param>
    /// <param name="range">The part that is wanted; null for all.</param>
    /// <param name="leaves">Whether redirects with a whole address are followed, too; others are those of a renamed model.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="TransientException">There is no answer; another try may get one.</exception>
    /// <exception cref="HubException">There will be none, or it leads to a place that is not to be followed.</exception>
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

    /// <summary>Where a redirect leads.</summary>
    /// <exception cref="HubException">It leaves encryption, or the web.</exception>
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

    /// <summary>Whether an error is the network's, and not the caller's own end.</summary>
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
