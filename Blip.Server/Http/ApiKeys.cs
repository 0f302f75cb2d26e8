using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Blip.Server.Http;

/// <summary>The keys that open a server.</summary>
internal sealed class ApiKeys(IOptions<BlipServerOptions> options)
{
    private const string Scheme = "Bearer ";

    // Hashes have one length: a comparison tells nothing about a key, not even how long it is.
    private readonly byte[][] hashes = [.. options.Value.ApiKeys.Select(Hash)];

    /// <summary>Whether a request may come in.</summary>
    public bool Admits(HttpRequest request) => hashes.Length == 0 || (KeyOf(request) is { } key && Knows(key));

    /// <summary>The key that a request carries; null for none.</summary>
    public static string? KeyOf(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var authorization && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[Scheme.Length..].Trim()
            : request.Headers["X-API-Key"].ToString() is { Length: > 0 } key ? key : null;

    private bool Knows(string key)
    {
        var hash = Hash(key);
        var known = false;
        foreach (var other in hashes)
            known |= CryptographicOperations.FixedTimeEquals(hash, other);
        return known;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
