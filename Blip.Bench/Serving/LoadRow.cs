using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Blip.Bench.Serving;

/// <summary>The experience of clients that asked a server for captions, one request after the other each.</summary>
/// <param name="Clients">How many asked at once.</param>
/// <param name="Requests">Requests that were answered.</param>
/// <param name="Busy">The ones that were told to come again later (429).</param>
/// <param name="Wrong">Of them those with another error.</param>
/// <param name="Seconds">From the first to the last.</param>
/// <param name="Median">Seconds that half of the answers took at most.</param>
/// <param name="Slow">Seconds that 99 of 100 answers took at most.</param>
/// <param name="Health">Seconds of the slowest answer of /healthz meanwhile.</param>
internal sealed record LoadRow(int Clients, int Requests, int Busy, int Wrong, double Seconds, double Median, double Slow, double Health)
{
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(20);

    /// <summary>Captions a second.</summary>
    public double Rate => (Requests - Busy - Wrong) / Seconds;

    /// <summary>Lets clients ask.</summary>
    /// <param name="address">The server.</param>
    /// <param name="images">Files that are sent, in turn.</param>
    /// <param name="clients">How many ask at once.</param>
    /// <param name="requests">Requests in all.</param>
    public static async Task<LoadRow> MeasureAsync(Uri address, IReadOnlyList<byte[]> images, int clients, int requests)
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = clients + 1 };
        using var client = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
        using var stop = new CancellationTokenSource();
        var health = CheckHealthAsync(client, stop.Token);
        var (next, busy, wrong) = (-1, 0, 0);
        var took = new double[requests];
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(AskAsync)));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await stop.CancelAsync();
        var slowest = await health;
        Array.Sort(took);
        return new LoadRow(clients, requests, busy, wrong, seconds, took[requests / 2], took[(requests * 99) / 100], slowest);

        async Task AskAsync()
        {
            for (var i = Interlocked.Increment(ref next); i < requests; i = Interlocked.Increment(ref next))
            {
                var begin = Stopwatch.GetTimestamp();
                using var body = new ByteArrayContent(images[i % images.Count]);
                body.Headers.ContentType = new MediaTypeHeaderValue("image/png");
                using var answer = await client.PostAsync("/caption", body);
                await answer.Content.ReadAsByteArrayAsync();
                took[i] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                    Interlocked.Increment(ref busy);
                else if (!answer.IsSuccessStatusCode)
                    Interlocked.Increment(ref wrong);
            }
        }
    }

    private static async Task<double> CheckHealthAsync(HttpClient client, CancellationToken stop)
    {
        var slowest = 0.0;
        while (!stop.IsCancellationRequested)
        {
            var begin = Stopwatch.GetTimestamp();
            using var answer = await client.GetAsync("/healthz", CancellationToken.None);
            slowest = Math.Max(slowest, answer.IsSuccessStatusCode ? Stopwatch.GetElapsedTime(begin).TotalSeconds : double.PositiveInfinity);
            await Task.Delay(BetweenChecks, CancellationToken.None);
        }
        return slowest;
    }
}
