namespace Blip.Runtime.Hub;

/// <summary>One attempt failed, and a later one may not: a broken connection, a server that is busy.</summary>
/// <param name="message">The failure, without a full stop.</param>
/// <param name="wait">How long the server asks to wait; null where it asks for nothing.</param>
/// <param name="inner">The cause.</param>
internal sealed class TransientException(string message, TimeSpan? wait = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? Wait => wait;
}
