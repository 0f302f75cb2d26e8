using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Blip.Tests.Hub;

/// <summary>A request that a <see cref="FakeServer"/> had.</summary>
internal sealed record FakeRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers)
{
    public string Path => Target.Split('?')[0];

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The first and the last byte that are asked for; null for all.</summary>
    public (long From, long To)? Range => Header("range") is { } range && range["bytes=".Length..].Split('-') is [var from, var to]
        ? (long.Parse(from, CultureInfo.InvariantCulture), to.Length == 0 ? long.MaxValue : long.Parse(to, CultureInfo.InvariantCulture))
        : null;
}

/// <summary>An answer, also one that no server should give.</summary>
internal sealed record FakeAnswer(int Status, byte[] Body, params (string Name, string Value)[] Headers)
{
    /// <summary>The length that is claimed; null for the body's own.</summary>
    public long? Length { get; init; }

    /// <summary>Bytes of the body after which the connection is cut; null for none.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Bytes between pauses; 0 for no pause.</summary>
    public int SlowBytes { get; init; }

    /// <summary>How long a pause is.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(5);

    public FakeAnswer With(string name, string value) =>
        this with { Headers = [.. Headers.Where(header => header.Name != name), (name, value)] };
}

/// <summary>A server on loopback that sends given bytes.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<FakeRequest, FakeAnswer> answer;
    private int open, most;

    public FakeServer(Func<FakeRequest, FakeAnswer> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = AcceptAsync();
    }

    public string Host => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>Its answer, without a connection.</summary>
    public FakeAnswer Answer(FakeRequest request) => answer(request);

    public ConcurrentQueue<FakeRequest> Requests { get; } = [];

    /// <summary>The most requests that were answered at the same time.</summary>
    public int MostAtOnce => most;

    public void Dispose()
    {
        stop.Cancel();
        listener.Stop();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception e) when (
            e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        // A head waits for no acknowledgement before its body.
        client.NoDelay = true;
        try
        {
            var stream = client.GetStream();
            while (await RequestAsync(stream) is { } request)
            {
                Requests.Enqueue(request);
                Count(+1);
                try
                {
                    if (!await SendAsync(stream, request.Method == "HEAD", answer(request)))
                        return;
                }
                finally
                {
                    Count(-1);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // The other side has gone.
        }
    }

    private void Count(int change)
    {
        lock (stop)
        {
            open += change;
            most = Math.Max(most, open);
        }
    }

    private async Task<FakeRequest?> RequestAsync(NetworkStream stream)
    {
        var (text, letter) = (new StringBuilder(), new byte[1]);
        while (text.Length < 4 || text.ToString(text.Length - 4, 4) != "\r\n\r\n")
        {
            if (await stream.ReadAsync(letter, stop.Token) == 0)
                return null;
            text.Append((char)letter[0]);
        }
        var lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var words = lines[0].Split(' ');
        return new FakeRequest(
            words[0],
            words[1],
            lines[1..].Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1]));
    }

    // False where the connection is to be closed.
    private async Task<bool> SendAsync(NetworkStream stream, bool headAlone, FakeAnswer sent)
    {
        var head = $"HTTP/1.1 {sent.Status} X\r\nContent-Length: {sent.Length ?? sent.Body.Length}\r\n"
            + string.Concat(sent.Headers.Select(header => $"{header.Name}: {header.Value}\r\n")) + "\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), stop.Token);
        if (headAlone)
            return true;
        var body = sent.Body.AsMemory(0, Math.Min(sent.Body.Length, sent.CutAfter ?? int.MaxValue));
        var step = sent.SlowBytes == 0 ? Math.Max(1, body.Length) : sent.SlowBytes;
        for (var i = 0; i < body.Length; i += step)
        {
            await stream.WriteAsync(body.Slice(i, Math.Min(step, body.Length - i)), stop.Token);
            if (sent.SlowBytes > 0)
                await Task.Delay(sent.Pause, stop.Token);
        }
        return sent.CutAfter is null && (sent.Length ?? sent.Body.Length) == sent.Body.Length;
    }
}
