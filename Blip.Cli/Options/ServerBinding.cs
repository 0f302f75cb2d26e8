using System.CommandLine;
using System.Net;

namespace Blip.Cli.Options;

/// <summary>Where a server listens, who may ask, and within which limits.</summary>
internal sealed class ServerBinding
{
    private const string KeyVariable = "BLIP_API_KEY";
    private const int Mebibyte = 1 << 20;

    private readonly Option<string> host = new("--host")
    {
        Description = "The address to listen on: localhost (this machine alone), an IP address, or * for every address of this machine.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => "localhost",
    };
    private readonly Option<int?> port = OptionKinds.Number<int>("--port", "The port; 0 takes one that is free. [default: 8080]");
    private readonly Option<string?> key = OptionKinds.Text(
        "--api-key", $"A key that every request must carry. Others on this machine can read it off the command line: prefer --api-key-file, or the variable {KeyVariable}.", "KEY");
    private readonly Option<string?> keyFile = OptionKinds.Text("--api-key-file", "A file with such keys, one a line.", "FILE");
    private readonly Option<int?> maxBody = OptionKinds.Number<int>("--max-body", "MiB of a request's body. [default: 32]", "MiB");
    private readonly Option<int?> maxImages = OptionKinds.Number<int>("--max-images", "Images of a request. [default: 64]");
    private readonly Option<double?> timeout = OptionKinds.Number<double>("--timeout", "Seconds that a request may take. [default: 120]", "seconds");
    private readonly Option<double?> shutdownTimeout = OptionKinds.Number<double>(
        "--shutdown-timeout", "Seconds that requests in hand may take once the server is told to end. [default: 30]", "seconds");
    private readonly Option<string> log = OptionKinds.Choice("--log", "How messages look: text, or json, an object a line.", "text", ["text", "json"]);

    /// <summary>Adds the options to a command.</summary>
    public ServerBinding(Command command)
    {
        foreach (var option in (Option[])[host, port, key, keyFile, maxBody, maxImages, timeout, shutdownTimeout, log])
            command.Add(option);
    }

    /// <summary>Whether messages are JSON.</summary>
    public bool LogsJson(ParseResult parsed) => parsed.GetValue(log) == "json";

    /// <summary>The address.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public IPAddress Address(ParseResult parsed) => parsed.GetRequiredValue(host) switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        var text when IPAddress.TryParse(text, out var address) => address,
        var text => throw new UsageException($"--host is '{text}': give localhost, an IP address of this machine, or *."),
    };

    /// <summary>The port.</summary>
    /// <exception cref="UsageException">There is no such port.</exception>
    public int Port(ParseResult parsed)
    {
        var number = parsed.GetValue(port) ?? 8080;
        return number is >= 0 and <= IPEndPoint.MaxPort ? number : throw new UsageException($"--port is {number}: give 0 to {IPEndPoint.MaxPort}.");
    }

    /// <summary>The keys of the command line, the file and the environment, together.</summary>
    /// <exception cref="UsageException">A file cannot be read, or holds none.</exception>
    public string[] Keys(ParseResult parsed)
    {
        var given = parsed.GetValue(key) ?? Environment.GetEnvironmentVariable(KeyVariable);
        string[] keys = [.. given is null ? [] : new[] { given.Trim() }, .. parsed.GetValue(keyFile) is { } file ? KeysOf(file) : []];
        return keys.Contains("") ? throw new UsageException("--api-key is empty: give a key, or leave it out.") : keys;
    }

    /// <summary>Most bytes of a body; null for the server's own.</summary>
    public long? MaxBodyBytes(ParseResult parsed) => Positive(parsed, maxBody) is { } mebibytes ? (long)mebibytes * Mebibyte : null;

    /// <summary>Most images of a request; null for the server's own.</summary>
    public int? MaxImages(ParseResult parsed) => Positive(parsed, maxImages);

    /// <summary>How long a request may take; null for the server's own.</summary>
    public TimeSpan? Timeout(ParseResult parsed) => Time(parsed, timeout);

    /// <summary>How long requests in hand may take at the end; null for the server's own.</summary>
    public TimeSpan? ShutdownTimeout(ParseResult parsed) => Time(parsed, shutdownTimeout);

    private static string[] KeysOf(string file)
    {
        try
        {
            string[] keys = [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
            return keys.Length > 0 ? keys : throw new UsageException($"--api-key-file is '{file}', and it is empty: write a key into it.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--api-key-file is '{file}', which cannot be read: {e.Message}", e);
        }
    }

    private static int? Positive(ParseResult parsed, Option<int?> option) =>
        parsed.GetValue(option) is not { } number ? null : number >= 1 ? number : throw new UsageException($"{option.Name} is {number}: give 1 or more.");

    private static TimeSpan? Time(ParseResult parsed, Option<double?> option) =>
        parsed.GetValue(option) is not { } seconds ? null
        : seconds is > 0 and <= 86400 ? TimeSpan.FromSeconds(seconds)
        : throw new UsageException($"{option.Name} is {seconds}: give seconds above 0, up to 86400.");
}
