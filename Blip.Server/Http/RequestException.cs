namespace Blip.Server.Http;

/// <summary>A request that cannot be answered; the message has the fault and the remedy.</summary>
internal sealed class RequestException(int status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>A request that the client must change.</summary>
    public static RequestException Bad(string message, string? field = null) => new(StatusCodes.Status400BadRequest, message)
    {
        Field = field,
    };

    public int Status => status;

    public string? Field { get; init; }

    public string? Code { get; init; }

    /// <summary>When to try again; null where that does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
