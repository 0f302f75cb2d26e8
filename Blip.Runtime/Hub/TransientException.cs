namespace Blip.Runtime.Hub;

/// <summary>A failure that a retry may fix, such as a broken connection or a busy server.</summary>
internal sealed class TransientException(string message, TimeSpan? wait = null, Exception? inner = null) : Exception(message, inner)
{
    public TimeSpan? Wait => wait;
}
