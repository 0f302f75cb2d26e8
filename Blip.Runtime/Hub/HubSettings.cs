using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;

namespace Blip.Runtime.Hub;

/// <summary>The options, completed from the environment.</summary>
internal sealed class HubSettings
{
    private const string PublicHub = "https://huggingface.co";
    private const int LongestToken = 4096;

    // Lazy, because a wrong address or token must not prevent the use of a cached model.
    private readonly Lazy<Uri> endpoint;
    private readonly Lazy<(string? Token, string Origin)> token;

    /// <summary>Reads the environment; options take precedence.</summary>
    /// <exception cref="ArgumentException">A number of the options is out of range.</exception>
    public HubSettings(ModelHubOptions options, Func<string, string?>? variable = null)
    {
        options.Validate();
        variable ??= Environment.GetEnvironmentVariable;
        Options = options;
        Cache = options.CacheFolder is { } folder ? new HubCache(folder) : HubCache.FromEnvironment(variable);
        endpoint = new(() => Address(options.Endpoint, variable));
        token = new(() => TokenOf(options.Token, variable));
        OfflineBy = options.Offline switch
        {
            true => "Offline",
            false => null,
            null => new[] { "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE" }.FirstOrDefault(name => IsTrue(variable(name))),
        };
    }

    public ModelHubOptions Options { get; }

    public HubCache Cache { get; }

    /// <summary>The hub's address, ending in a slash.</summary>
    /// <exception cref="HubException">It is not an address of a hub.</exception>
    public Uri Endpoint => endpoint.Value;

    /// <summary>The user's token; null for none.</summary>
    /// <exception cref="HubException">It is not a token.</exception>
    public string? Token => token.Value.Token;

    /// <summary>The token's origin, for messages.</summary>
    public string TokenOrigin => token.Value.Origin;

    /// <summary>The setting that forbids network access; null if none.</summary>
    public string? OfflineBy { get; }

    /// <summary>The hub's host, for messages.</summary>
    public string Host => Endpoint.Authority;

    private static Uri Address(string? given, Func<string, string?> variable)
    {
        var (text, name) = given is { Length: > 0 } ? (given, "Endpoint")
            : variable("HF_ENDPOINT") is { Length: > 0 } value ? (value, "HF_ENDPOINT")
            : (PublicHub, "");
        return Uri.TryCreate(text.Trim().TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            && address.Host.Length > 0 && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0
            ? address
            : throw new HubException($"{name} is '{text}', which is no address of a hub: give one such as {PublicHub}.");
    }

    private static (string? Token, string Origin) TokenOf(string? given, Func<string, string?> variable)
    {
        if (given is not null)
            return (Checked(given, "Token"), "Token");
        foreach (var name in new[] { "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN" })
        {
            if (variable(name) is { Length: > 0 } value)
                return (Checked(value, name), name);
        }
        var file = variable("HF_TOKEN_PATH") is { Length: > 0 } path ? path : Path.Combine(HubCache.Home(variable), "token");
        return (Checked(ReadToken(file), file), file);
    }

    private static string ReadToken(string file)
    {
        try
        {
            if (new FileInfo(file) is not { Exists: true, Length: <= LongestToken })
                return "";
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException($"{file}: the file with your token cannot be read: {FailureReason.Of(e, file)}.", e);
        }
    }

    private static string? Checked(string token, string origin)
    {
        token = token.Trim();
        // Other characters could end the header or begin another one.
        return token.All(letter => letter is > ' ' and < '\x7f') && token.Length <= LongestToken
            ? token.Length == 0 ? null : token
            : throw new HubException($"{origin} holds no token: it has blanks, line ends or other letters in it.");
    }

    private static bool IsTrue(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
}
