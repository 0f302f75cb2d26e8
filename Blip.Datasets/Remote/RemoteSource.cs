namespace Blip.Datasets.Remote;

/// <summary>A source elsewhere: an address, or a command whose output is a tar.</summary>
internal sealed class RemoteSource
{
    private const string Command = "pipe:";

    private RemoteSource(string name, string fileName, Func<string, CancellationToken, Task> copy) =>
        (Name, FileName, CopyAsync) = (name, fileName, copy);

    /// <summary>The source in messages and manifests: an address without secrets, or the command.</summary>
    public string Name { get; }

    /// <summary>The file name, whose extension tells the format.</summary>
    public string FileName { get; }

    public Func<string, CancellationToken, Task> CopyAsync { get; }

    public static bool IsCommand(string source) => source.StartsWith(Command, StringComparison.Ordinal);

    public static bool IsRemote(string source) =>
        IsCommand(source) || source.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
        || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Parses an address or a command; null for a file or folder.</summary>
    /// <exception cref="DatasetException">Commands are not allowed, or the address is invalid.</exception>
    public static RemoteSource? Parse(string source, DatasetOptions options)
    {
        if (!IsRemote(source))
            return null;
        if (IsCommand(source))
            return ParseCommand(source, options);
        if (!Uri.TryCreate(source, UriKind.Absolute, out var address) || address.Host.Length == 0)
            throw new DatasetException($"{source}: this is no address.");
        // Signatures are in the query and passwords before the host; a manifest must contain neither.
        var name = address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        return new RemoteSource(
            name, Path.GetFileName(address.AbsolutePath), (path, token) => HttpCopy.RunAsync(name, address, path, token));
    }

    private static RemoteSource ParseCommand(string source, DatasetOptions options)
    {
        if (!options.AllowCommands)
            throw new DatasetException($"{source}: a command is run from the command line itself alone, never from a file or a manifest.");
        var command = source[Command.Length..];
        return new RemoteSource(source, "stream.tar", (path, token) => CommandCopy.RunAsync(source, command, path, token));
    }
}
