using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Blip.Server.Http;

internal sealed class ApiKeys(IOptions<BlipServerOptions> options)
{
    private const string Scheme = "Bearer ";

    // Hashes have equal lengths: a comparison's time does not reveal a key's length.
    private readonly byte[][] hashes = [.. options.Value.ApiKeys.Select(Hash)];

    public bool Admits(HttpRequest request) => hashes.Length == 0 || (KeyOf(request) is { } key && Knows(key));

    /// <summary>The key that a request carries, if any.</summary>
    public static string? KeyOf(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var authorization
            && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
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
