using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Blip.Server.Http;

/// <summary>
/// Fetches images by address, where the server allows it. A client must not reach internal machines through
/// the server. Each connection, also of a redirect, goes to an address that was checked after resolution.
/// </summary>
internal sealed class RemoteImages : IDisposable
{
    private const int MaxRedirects = 3;

    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WholeTime = TimeSpan.FromSeconds(15);

    private readonly BlipServerOptions options;
    private readonly Func<IPAddress, bool> isAllowed;
    private readonly HttpClient client;

    public RemoteImages(IOptions<BlipServerOptions> options)
        : this(options, PublicAddress.Is)
    {
    }

    /// <summary>For tests, which have no public addresses.</summary>
    internal RemoteImages(IOptions<BlipServerOptions> options, Func<IPAddress, bool> isAllowed)
    {
        (this.options, this.isAllowed) = (options.Value, isAllowed);
        client = new HttpClient(new SocketsHttpHandler
        {
            // A proxy would resolve the name again.
            UseProxy = false,
            UseCookies = false,
            MaxAutomaticRedirections = MaxRedirects,
            ConnectTimeout = ConnectTime,
            ConnectCallback = ConnectAsync,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("blip-serve");
        client.DefaultRequestHeaders.Accept.ParseAdd("image/*");
    }

    public static bool IsAddress(string text) =>
        text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Fetches an image of at most <paramref name="most"/> bytes.</summary>
    /// <exception cref="RequestException">Fetching is off, the address is not allowed, or fetching failed.</exception>
    public async Task<byte[]> FetchAsync(string address, string name, string field, long most, CancellationToken cancellationToken)
    {
        if (!options.AllowUrls)
            throw RequestException.Bad(
                $"{name} is an address, and this server fetches nothing (--allow-urls): send the image's bytes as 'data:image/…;base64,…'.",
                field);
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0)
            throw RequestException.Bad(
                $"{name} is an address that cannot be read, or that holds a password: give http(s)://HOST/PATH.", field);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(WholeTime);
        try
        {
            using var response = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, time.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                throw RequestException.Bad($"{name} cannot be fetched: its server answers {(int)response.StatusCode}.", field);
            return await ReadAsync(response, name, field, most, time.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            throw e.GetBaseException() as RequestException
                ?? RequestException.Bad($"{name} cannot be fetched: no connection, or one that broke.", field);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RequestException.Bad($"{name} cannot be fetched: it took more than {WholeTime.TotalSeconds:0} seconds.", field);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private async Task<byte[]> ReadAsync(
        HttpResponseMessage response, string name, string field, long most, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[81920];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            if (bytes.Length + read > most)
                throw RequestException.Bad(
                    $"{name} is larger than what is left of the {options.MaxBodyBytes >> 20} MiB that this server takes in a request.",
                    field);
            bytes.Write(buffer, 0, read);
        }
        return bytes.ToArray();
    }

    private static async Task<IPAddress[]> AddressesOf(string host, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await AddressesOf(context.DnsEndPoint.Host, cancellationToken).ConfigureAwait(false);
        // One forbidden address rules out the name, as the order of its addresses can change. An unknown name gets the same message.
        if (addresses.Length == 0 || !Array.TrueForAll(addresses, address => isAllowed(address)))
            throw RequestException.Bad($"'{context.DnsEndPoint.Host}' has no public address, and nothing is fetched from others.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
