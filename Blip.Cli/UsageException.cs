namespace Blip.Cli;

/// <summary>The command cannot start; the message names the option, the fault and the remedy.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
