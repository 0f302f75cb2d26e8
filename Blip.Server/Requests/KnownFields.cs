using System.Text.Json;
using System.Text.Json.Serialization;
using Blip.Server.Http;

namespace Blip.Server.Requests;

/// <summary>Refuses unknown fields, which would be ignored otherwise.</summary>
internal record KnownFields
{
    // An error does not repeat the request.
    private const int LongestShown = 64;

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary><paramref name="ignored"/> may be present.</summary>
    /// <exception cref="RequestException">There is an unknown field.</exception>
    public void RefuseUnknown(IReadOnlySet<string>? ignored = null)
    {
        foreach (var field in Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            if (ignored?.Contains(field) != true)
                throw RequestException.Bad(
                    $"The field '{(field.Length > LongestShown ? $"{field[..LongestShown]}…" : field)}' is unknown here: take it out. "
                        + $"/openapi/v1.json has those that are known.", field.Length > LongestShown ? null : field);
        }
    }
}
