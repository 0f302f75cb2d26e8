namespace Blip.Cli;

/// <summary>The command cannot start; the message names option, fault and remedy.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
