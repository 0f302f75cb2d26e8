using System.Text.Json;
using System.Text.Json.Serialization;
using Blip.Server.Http;

namespace Blip.Server.Requests;

/// <summary>A request whose fields are all known: one that is not would be a wish that nothing follows.</summary>
internal record KnownFields
{
    // An answer does not repeat the request.
    private const int LongestShown = 64;

    /// <summary>Fields that the endpoint does not know.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>Refuses fields that the endpoint does not know.</summary>
    /// <param name="ignored">Fields that change no result, and may be there.</param>
    /// <exception cref="RequestException">There is such a field.</exception>
    public void RefuseUnknown(IReadOnlySet<string>? ignored = null)
    {
        foreach (var field in Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            if (ignored?.Contains(field) != true)
                throw RequestException.Bad($"The field '{(field.Length > LongestShown ? $"{field[..LongestShown]}…" : field)}' is unknown here: take it out. /openapi/v1.json has those that are known.", field.Length > LongestShown ? null : field);
        }
    }
}
