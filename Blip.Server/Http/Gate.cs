using Microsoft.Extensions.Options;

namespace Blip.Server.Http;

/// <summary>
/// What every endpoint of the models stands behind: the key, the time that a request has, and an answer whatever goes wrong.
/// </summary>
internal sealed partial class Gate(IOptions<BlipServerOptions> options, ApiKeys keys, IHostApplicationLifetime lifetime, ILogger<Gate> logger) : IEndpointFilter
{
    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var client = http.RequestAborted;
        using var time = new CancellationTokenSource(options.Value.RequestTimeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(client, time.Token);
        http.RequestAborted = either.Token;
        try
        {
            if (Refusal(http) is { } refusal)
                await ErrorShape.WriteAsync(http, refusal, client).ConfigureAwait(false);
            else if (await next(context).ConfigureAwait(false) is IResult result)
                await result.ExecuteAsync(http).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (client.IsCancellationRequested)
        {
            // The client went away: nobody is left to tell.
        }
        catch (Exception e)
        {
            await TellAsync(http, e, time.IsCancellationRequested, client).ConfigureAwait(false);
        }
        finally
        {
            http.RequestAborted = client;
        }
        return Results.Empty;
    }

    private Failure? Refusal(HttpContext http) =>
        !keys.Admits(http.Request) ? Failure.NoKey
        : lifetime.ApplicationStopping.IsCancellationRequested ? Failure.Ending
        : null;

    private async Task TellAsync(HttpContext http, Exception e, bool timedOut, CancellationToken client)
    {
        var failure = Failure.Of(e, timedOut);
        if (failure.IsServers)
            LogFailure(e, http.Request.Method, http.Request.Path);
        if (!http.Response.HasStarted)
        {
            http.Response.Clear();
            await ErrorShape.WriteAsync(http, failure, client).ConfigureAwait(false);
        }
        else
        {
            // A stream whose beginning was sent: its last event says why there is no more.
            await EventStream.WriteAsync(http.Response, new StreamedEvent(ErrorShape.Body(http, failure), "error"), client).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private partial void LogFailure(Exception e, string method, string path);
}
