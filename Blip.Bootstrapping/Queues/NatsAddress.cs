namespace Blip.Bootstrapping.Queues;

/// <summary>An address: <c>nats://HOST:PORT/STREAM</c>.</summary>
/// <param name="Url">The server's address for the client; it may hold a password.</param>
/// <param name="Shown">Scheme, host and port, for messages.</param>
/// <param name="Stream">The stream's name; null for none.</param>
internal sealed record NatsAddress(string Url, string Shown, string? Stream)
{
    private const int DefaultPort = 4222;

    public static NatsAddress Parse(string text)
    {
        // An invalid text is not repeated: it may hold a password.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("nats" or "tls") || uri.Host.Length == 0)
            throw new ShardQueueException("The queue's address is to be nats://HOST:PORT or nats://HOST:PORT/STREAM.");
        var server = new UriBuilder(uri) { Port = uri.Port < 0 ? DefaultPort : uri.Port, Path = "", Query = "", Fragment = "" };
        var shown = $"{uri.Scheme}://{uri.Host}:{server.Port}";
        var stream = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/'));
        var isName = stream.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-');
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0 || !isName)
            throw new ShardQueueException($"'{uri.PathAndQuery}' behind {shown} is no name of a stream: use letters, digits, '_' and '-'.");
        return new(server.Uri.AbsoluteUri.TrimEnd('/'), shown, stream.Length == 0 ? null : stream);
    }
}
