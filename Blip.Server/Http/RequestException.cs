namespace Blip.Server.Http;

/// <summary>A request that cannot be answered as it is; the message has the fault and the remedy.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">For people.</param>
/// <param name="inner">The cause.</param>
internal sealed class RequestException(int status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>A request that the client has to change.</summary>
    /// <param name="message">The fault, and the remedy.</param>
    /// <param name="field">The field that is wrong; null for none.</param>
    public static RequestException Bad(string message, string? field = null) => new(StatusCodes.Status400BadRequest, message) { Field = field };

    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The field that is wrong; null for none.</summary>
    public string? Field { get; init; }

    /// <summary>A word for programs; null for none.</summary>
    public string? Code { get; init; }

    /// <summary>When to try again; null where that would not help.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
