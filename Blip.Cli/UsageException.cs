namespace Blip.Cli;

/// <summary>The command cannot start; the message names the option, what is wrong with it and what to do.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
