using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Blip.Runtime.Files;

namespace Blip.Datasets.Remote;

/// <summary>Copies an address's content, with retries.</summary>
internal static class HttpCopy
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private static readonly HttpClient Client = new(new SocketsHttpHandler { ConnectTimeout = Silence })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The waits before retries.</summary>
    internal static IReadOnlyList<TimeSpan> Waits { get; set; } =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(16)];

    public static async Task RunAsync(string name, Uri address, string path, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            var (problem, final) = await TryAsync(name, address, path, cancellationToken).ConfigureAwait(false);
            if (problem is null)
                return;
            if (final || tries == Waits.Count)
                throw new DatasetException($"{name}: {problem}{(tries > 0 ? $" ({tries + 1} tries)" : "")}");
            await Task.Delay(Waits[tries], cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<(string? Problem, bool Final)> TryAsync(
        string name, Uri address, string path, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(Silence);
        try
        {
            using var request = Request(address);
            using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token)
                .ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                return ($"the server answers {(int)response.StatusCode} {response.ReasonPhrase}.", !IsPassing(response.StatusCode));
            var expected = response.Content.Headers.ContentLength;
            await using var file = new CopyFile(name, path);
            await using var body = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
            await CopyAsync(body, file, silence).ConfigureAwait(false);
            return expected is { } length && length != file.Length
                ? ($"{file.Length} bytes came instead of {length}.", false)
                : (null, false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return ($"the copy broke off: {FailureReason.Of(exception)}.", false);
        }
        catch (Exception exception)
            when (exception is UriFormatException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            // The redirection is invalid or not for the web.
            return ($"the server leads to an address that cannot be asked.", true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ($"nothing came for {Silence.TotalSeconds:0} seconds.", false);
        }
    }

    private static async Task CopyAsync(Stream body, CopyFile file, CancellationTokenSource silence)
    {
        var buffer = new byte[1 << 16];
        while (await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false) is > 0 and var count)
        {
            silence.CancelAfter(Silence);
            await file.WriteAsync(buffer.AsMemory(0, count), silence.Token).ConfigureAwait(false);
        }
        await file.FlushAsync(silence.Token).ConfigureAwait(false);
    }

    private static HttpRequestMessage Request(Uri address)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (address.UserInfo.Length > 0)
        {
            var user = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(user));
        }
        return request;
    }

    private static bool IsPassing(HttpStatusCode status) =>
        (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;
}
