using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Blip.Bench.Serving;

/// <summary>A server's load by clients that each send one caption request after another.</summary>
/// <param name="Clients">Concurrent clients.</param>
/// <param name="Requests">All requests.</param>
/// <param name="Busy">Responses 429, to retry later.</param>
/// <param name="Wrong">Other errors.</param>
/// <param name="Seconds">The whole time.</param>
/// <param name="Median">The median response time in seconds.</param>
/// <param name="Slow">The 99th percentile in seconds.</param>
/// <param name="Health">The slowest response of /healthz meanwhile, in seconds.</param>
internal sealed record LoadRow(int Clients, int Requests, int Busy, int Wrong, double Seconds, double Median, double Slow, double Health)
{
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(20);

    /// <summary>Captions per second.</summary>
    public double Rate => (Requests - Busy - Wrong) / Seconds;

    /// <summary>Runs the clients.</summary>
    /// <param name="address">The server.</param>
    /// <param name="images">Files to send, in turn.</param>
    /// <param name="clients">Concurrent clients.</param>
    /// <param name="requests">All requests.</param>
    public static async Task<LoadRow> MeasureAsync(Uri address, IReadOnlyList<byte[]> images, int clients, int requests)
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = clients + 1 };
        using var client = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
        using var stop = new CancellationTokenSource();
        var slowest = 0.0;
        var health = new Thread(() => slowest = CheckHealth(address, stop.Token));
        health.Start();
        var (next, busy, wrong) = (-1, 0, 0);
        var took = new double[requests];
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(AskAsync)));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await stop.CancelAsync();
        health.Join();
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

    // On the thread pool, an answer would wait for the clients' work.
    private static double CheckHealth(Uri address, CancellationToken stop)
    {
        using var client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };
        var slowest = 0.0;
        while (!stop.IsCancellationRequested)
        {
            var begin = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz");
            using var answer = client.Send(request, CancellationToken.None);
            var seconds = answer.IsSuccessStatusCode ? Stopwatch.GetElapsedTime(begin).TotalSeconds : double.PositiveInfinity;
            slowest = Math.Max(slowest, seconds);
            stop.WaitHandle.WaitOne(BetweenChecks);
        }
        return slowest;
    }
}
