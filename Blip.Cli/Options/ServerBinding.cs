using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Blip.Kernels.Devices;
using Blip.Runtime.Files;

namespace Blip.Cli.Options;

/// <summary>Where a server listens, for whom, and with which limits.</summary>
internal sealed class ServerBinding
{
    private const int Mebibyte = 1 << 20;

    private readonly Option<string> host = new("--host")
    {
        Description = "The address to listen on: localhost (this machine alone), an IP address, or * for every address of this machine.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => "localhost",
    };
    private readonly Option<int?> port = OptionKinds.Number<int>("--port", "The port; 0 takes one that is free. [default: 8080]");
    private readonly Option<string?> key = OptionKinds.Text(
        "--api-key", $"A key that every request must carry. Others on this machine can read it off the command line: prefer "
            + $"--api-key-file, or the variable {Switches.ApiKey}.", "KEY");
    private readonly Option<string?> keyFile = OptionKinds.Text("--api-key-file", "A file with such keys, one a line.", "FILE");
    private readonly Option<int?> maxBody = OptionKinds.Number<int>("--max-body", "MiB of a request's body. [default: 32]", "MiB");
    private readonly Option<int?> maxImages = OptionKinds.Number<int>("--max-images", "Images of a request. [default: 64]");
    private readonly Option<int?> maxRequests =
        OptionKinds.Number<int>("--max-requests", "Requests in hand at once; what comes beyond them is refused. [default: 512]");
    private readonly Option<int?> rateLimit = OptionKinds.Number<int>(
        "--rate-limit", "Requests a minute of each client: of each key, or else of each address. [default: any number]");
    private readonly Option<string[]> cors =
        OptionKinds.Texts("--cors", "An origin whose pages may ask, such as https://example.org, or *. Repeatable. [default: none]",
            "ORIGIN");
    private readonly Option<string[]> allowHost = OptionKinds.Texts(
        "--allow-host", "With --host localhost: a name besides localhost that requests may come under, as a proxy passes it on. "
            + "Repeatable.", "NAME");
    private readonly Option<bool> allowUrls = new("--allow-urls")
    {
        Description = "Fetch images that requests name by an address. Public addresses alone are asked.",
    };
    private readonly Option<double?> timeout =
        OptionKinds.Number<double>("--timeout", "Seconds that a request may take. [default: 120]", "seconds");
    private readonly Option<double?> shutdownTimeout = OptionKinds.Number<double>(
        "--shutdown-timeout", "Seconds that requests in hand may take once the server is told to end. [default: 30]", "seconds");
    private readonly Option<string> log =
        OptionKinds.Choice("--log", "How messages look: text, or json, an object a line.", "text", ["text", "json"]);

    public ServerBinding(Command command)
    {
        foreach (var option in (Option[])[host, port, key, keyFile, maxBody, maxImages, maxRequests, rateLimit, cors, allowHost, allowUrls,
            timeout, shutdownTimeout, log])
            command.Add(option);
    }

    public bool LogsJson(ParseResult parsed) => parsed.GetValue(log) == "json";

    /// <exception cref="UsageException">It is invalid.</exception>
    public IPAddress Address(ParseResult parsed) => parsed.GetRequiredValue(host) switch
    {
        "localhost" => IPAddress.Loopback,
        // One socket for IPv4 and IPv6 where the system has both.
        "*" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
        var text when IPAddress.TryParse(text, out var address) => address,
        var text => throw new UsageException($"--host is '{text}': give localhost, an IP address of this machine, or *."),
    };

    /// <exception cref="UsageException">There is no such port.</exception>
    public int Port(ParseResult parsed)
    {
        var number = parsed.GetValue(port) ?? 8080;
        return number is >= 0 and <= IPEndPoint.MaxPort
            ? number
            : throw new UsageException($"--port is {number}: give 0 to {IPEndPoint.MaxPort}.");
    }

    /// <summary>The keys of the command line or else the environment, and of the file.</summary>
    /// <exception cref="UsageException">The file cannot be read or is empty, or a key is empty.</exception>
    public string[] Keys(ParseResult parsed)
    {
        var given = parsed.GetValue(key) ?? Switches.Read(Switches.ApiKey);
        string[] keys = [.. given is null ? [] : new[] { given.Trim() }, .. parsed.GetValue(keyFile) is { } file ? KeysOf(file) : []];
        return keys.Contains("") ? throw new UsageException("--api-key is empty: give a key, or leave it out.") : keys;
    }

    /// <summary>Most bytes of a body; null for the server's default.</summary>
    public long? MaxBodyBytes(ParseResult parsed) => Positive(parsed, maxBody) is { } mebibytes ? (long)mebibytes * Mebibyte : null;

    public int? MaxImages(ParseResult parsed) => Positive(parsed, maxImages);

    public int? MaxRequests(ParseResult parsed) => Positive(parsed, maxRequests);

    public int? RateLimit(ParseResult parsed) => Positive(parsed, rateLimit);

    public bool AllowUrls(ParseResult parsed) => parsed.GetValue(allowUrls);

    public IReadOnlyList<string> HostNames(ParseResult parsed) => parsed.GetValue(allowHost) ?? [];

    /// <exception cref="UsageException">One is not an origin.</exception>
    public IReadOnlyList<string> CorsOrigins(ParseResult parsed)
    {
        var origins = parsed.GetValue(cors) ?? [];
        foreach (var origin in origins.Where(origin => origin != "*" && !IsOrigin(origin)))
            throw new UsageException($"--cors is '{origin}': give an origin such as https://example.org, without a path, or *.");
        return origins;
    }

    public TimeSpan? Timeout(ParseResult parsed) => Time(parsed, timeout);

    public TimeSpan? ShutdownTimeout(ParseResult parsed) => Time(parsed, shutdownTimeout);

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https")
            && uri.GetLeftPart(UriPartial.Authority) == text;

    private static string[] KeysOf(string file)
    {
        try
        {
            string[] keys = [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
            return keys.Length > 0 ? keys : throw new UsageException($"--api-key-file is '{file}', and it is empty: write a key into it.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--api-key-file is '{file}', which cannot be read: {FailureReason.Of(e, file)}.", e);
        }
    }

    private static int? Positive(ParseResult parsed, Option<int?> option) =>
        parsed.GetValue(option) is not { } number
            ? null : number >= 1 ? number
            : throw new UsageException($"{option.Name} is {number}: give 1 or more.");

    private static TimeSpan? Time(ParseResult parsed, Option<double?> option) =>
        parsed.GetValue(option) is not { } seconds ? null
        : seconds is > 0 and <= 86400 ? TimeSpan.FromSeconds(seconds)
        : throw new UsageException($"{option.Name} is {seconds}: give seconds above 0, up to 86400.");
}
