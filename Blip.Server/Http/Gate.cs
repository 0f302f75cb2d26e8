using System.Diagnostics;
using Blip.Server.Hosting;
using Microsoft.Extensions.Options;

namespace Blip.Server.Http;

/// <summary>Common to the models' endpoints: the key, a request's time limit, and an answer to every failure.</summary>
internal sealed partial class Gate(
    IOptions<BlipServerOptions> options, ApiKeys keys, Admission admission, ServerMetrics metrics, Shutdown shutdown, ILogger<Gate> logger)
        : IEndpointFilter
{
    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var client = http.RequestAborted;
        using var hold = shutdown.Enter();
        using var time = new CancellationTokenSource(options.Value.RequestTimeout);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(client, time.Token, shutdown.Over);
        http.RequestAborted = any.Token;
        await using var body = new RequestBody(http.Request.BodyReader, any.Token);
        http.Request.Body = body;
        var began = Stopwatch.GetTimestamp();
        try
        {
            await AnswerAsync(context, next, http).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!client.IsCancellationRequested)
                await TellAsync(http, e, time.IsCancellationRequested, client).ConfigureAwait(false);
        }
        finally
        {
            http.RequestAborted = client;
            LogRequest(
                http.Request.Method, RouteOf(http), client.IsCancellationRequested
                    ? StatusCodes.Status499ClientClosedRequest
                    : http.Response.StatusCode,
                Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        return Results.Empty;
    }

    private async Task AnswerAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, HttpContext http)
    {
        // Requests without a key count against the limit, too.
        using var place = admission.Enter(http);
        if (Refusal(http) is { } refusal)
        {
            metrics.Refused(refusal.Status);
            await ErrorShape.WriteAsync(http, refusal, http.RequestAborted).ConfigureAwait(false);
            return;
        }
        if (await next(context).ConfigureAwait(false) is IResult result)
            await result.ExecuteAsync(http).ConfigureAwait(false);
    }

    // The pattern, not the path: a client's text must not reach the log.
    private static string RouteOf(HttpContext http) => (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "";

    private Failure? Refusal(HttpContext http) =>
        !keys.Admits(http.Request) ? Failure.NoKey
        : shutdown.IsStopping ? Failure.Ending
        : null;

    private async Task TellAsync(HttpContext http, Exception e, bool timedOut, CancellationToken client)
    {
        var failure = Failure.Of(e, timedOut, shutdown.IsStopping);
        if (failure.Status == StatusCodes.Status429TooManyRequests)
            metrics.Refused(failure.Status);
        if (failure.IsServers)
            LogFailure(e, http.Request.Method, RouteOf(http));
        if (!http.Response.HasStarted)
        {
            http.Response.Clear();
            await ErrorShape.WriteAsync(http, failure, client).ConfigureAwait(false);
        }
        else
        {
            // Part of the stream was sent: a last event reports the failure.
            await EventStream.WriteAsync(http.Response, new StreamedEvent(ErrorShape.Body(http, failure), "error"), client)
                .ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Route} {Status} in {Milliseconds:F0} ms")]
    private partial void LogRequest(string method, string route, int status, double milliseconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Route} failed.")]
    private partial void LogFailure(Exception e, string method, string route);
}
