using Blip.Runtime.Pipelines;
using Microsoft.Extensions.Options;

namespace Blip.Server.Http;

/// <summary>Images in requests: <c>data:</c> addresses, plain base64, or addresses to fetch where that is allowed.</summary>
internal sealed class ImageInputs(IOptions<BlipServerOptions> options, RemoteImages remote)
{
    // The longest media type with parameters. A text that begins with "data:" may be ordinary text.
    private const int LongestMediaType = 128;

    /// <summary>Whether a text is an image: <c>data:</c>, a media type or an encoding, and a comma.</summary>
    public static bool IsData(string text)
    {
        if (!text.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return false;
        var comma = text.AsSpan(0, Math.Min(text.Length, LongestMediaType)).IndexOf(',');
        var type = comma < 0 ? [] : text.AsSpan(5, comma - 5);
        return type.StartsWith("image/", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith(";base64", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads several images, named by their places.</summary>
    /// <exception cref="RequestException">There are too many, or one is invalid.</exception>
    public async Task<IReadOnlyList<ImageSource>> ReadAsync(IReadOnlyList<string> values, string field, CancellationToken cancellationToken)
    {
        CheckCount(values.Count, field);
        var sources = new ImageSource[values.Count];
        // The request's fetched images together are limited as its body is.
        var left = options.Value.MaxBodyBytes;
        foreach (var (place, value) in values.Index())
        {
            var name = NameOf(place, values.Count);
            var bytes = await ReadAsync(value, name, field, left, cancellationToken).ConfigureAwait(false);
            left -= RemoteImages.IsAddress(value) ? bytes.Length : 0;
            sources[place] = ImageSource.FromBytes(bytes, name);
        }
        return sources;
    }

    public void CheckCount(int count, string field)
    {
        if (count > options.Value.MaxImages)
            throw RequestException.Bad(
                $"The request holds {count} images, and this server takes {options.Value.MaxImages} at once: send several requests.",
                field);
    }

    public static string NameOf(int place, int count) => count == 1 ? "the image" : $"image {place + 1}";

    private async ValueTask<byte[]> ReadAsync(string value, string name, string field, long most, CancellationToken cancellationToken)
    {
        if (value is null)
            throw RequestException.Bad($"{name} is null: send its bytes as base64.", field);
        return RemoteImages.IsAddress(value) ? await remote.FetchAsync(value, name, field, most, cancellationToken).ConfigureAwait(false)
            : Decode(IsData(value) ? DataOf(value, name, field) : value, name, field);
    }

    private static string DataOf(string address, string name, string field)
    {
        var comma = address.IndexOf(',', StringComparison.Ordinal);
        var type = comma < 0 ? "" : address[5..comma];
        if (!type.EndsWith(";base64", StringComparison.OrdinalIgnoreCase))
            throw RequestException.Bad($"{name} is a data: address of another form: send 'data:image/…;base64,…'.", field);
        if (!type.StartsWith("image/", StringComparison.OrdinalIgnoreCase)
            && !type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase))
            throw RequestException.Bad(
                $"{name} is data of the type '{type[..type.IndexOf(';', StringComparison.Ordinal)]}': send an image.", field);
        return address[(comma + 1)..];
    }

    private static byte[] Decode(string base64, string name, string field)
    {
        if (base64.Length == 0)
            throw RequestException.Bad($"{name} is empty: send its bytes as base64.", field);
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw RequestException.Bad($"{name} is no base64: send 'data:image/…;base64,…'.", field);
        }
    }
}
