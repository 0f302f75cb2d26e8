using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Blip.Server.Http;

/// <summary>Limits on concurrent requests, and on each client's requests per minute. Excess requests are refused at once.</summary>
internal sealed class Admission : IDisposable
{
    private readonly ConcurrencyLimiter together;
    private readonly PartitionedRateLimiter<HttpContext>? perClient;

    private readonly ApiKeys? keys;

    public Admission(IOptions<BlipServerOptions> options, ApiKeys keys)
    {
        this.keys = options.Value.ApiKeys.Count > 0 ? keys : null;
        together = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = options.Value.MaxConcurrentRequests });
        if (options.Value.RequestsPerMinute is not { } most)
            return;
        perClient = PartitionedRateLimiter.Create<HttpContext, string>(http => RateLimitPartition.GetTokenBucketLimiter(
            ClientOf(http),
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = most,
                TokensPerPeriod = 1,
                ReplenishmentPeriod = TimeSpan.FromMinutes(1) / most,
            }));
    }

    /// <summary>Lets a request in, until its place is disposed.</summary>
    /// <exception cref="RequestException">There are too many.</exception>
    public IDisposable Enter(HttpContext http)
    {
        using (var permitted = perClient?.AttemptAcquire(http))
        {
            if (permitted is { IsAcquired: false })
                throw TooMany("This client sends more requests a minute than this server allows",
                    permitted.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1));
        }
        var place = together.AttemptAcquire();
        if (place.IsAcquired)
            return place;
        place.Dispose();
        throw TooMany("This server has as many requests in hand as it takes", TimeSpan.FromSeconds(1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        together.Dispose();
        perClient?.Dispose();
    }

    private static RequestException TooMany(string reason, TimeSpan wait) =>
        new(StatusCodes.Status429TooManyRequests, $"{reason}: try again in a moment.") { Code = "rate_limit_exceeded", RetryAfter = wait };

    // A client with a valid key is known by it, from any address. An invalid key does not count: each would be a new client.
    private string ClientOf(HttpContext http) =>
        keys?.Admits(http.Request) == true && ApiKeys.KeyOf(http.Request) is { } key
            ? $"key {key}"
            : $"address {http.Connection.RemoteIpAddress}";
}
