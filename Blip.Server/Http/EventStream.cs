using System.Text.Json;

namespace Blip.Server.Http;

/// <summary>Server-sent events.</summary>
/// <param name="events">Sent as JSON. The response begins with the first event, so that an earlier failure is an ordinary error.</param>
/// <param name="last">A line that ends the stream.</param>
internal sealed class EventStream(IAsyncEnumerable<StreamedEvent> events, string? last = null) : IResult
{
    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancellationToken = httpContext.RequestAborted;
        await using var enumerator = events.GetAsyncEnumerator(cancellationToken);
        var more = await enumerator.MoveNextAsync().ConfigureAwait(false);
        var response = httpContext.Response;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        // Otherwise proxies such as nginx buffer the words.
        response.Headers["X-Accel-Buffering"] = "no";
        for (; more; more = await enumerator.MoveNextAsync().ConfigureAwait(false))
            await WriteAsync(response, enumerator.Current, cancellationToken).ConfigureAwait(false);
        if (last is not null)
            await response.WriteAsync($"data: {last}\n\n", cancellationToken).ConfigureAwait(false);
    }

    public static async Task WriteAsync(HttpResponse response, StreamedEvent sent, CancellationToken cancellationToken)
    {
        var name = sent.Name is null ? "" : $"event: {sent.Name}\n";
        await response.WriteAsync($"{name}data: {JsonSerializer.Serialize(sent.Data, JsonBodies.Writing)}\n\n", cancellationToken)
            .ConfigureAwait(false);
        await response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>One event, with or without a name.</summary>
internal readonly record struct StreamedEvent(object Data, string? Name = null);
