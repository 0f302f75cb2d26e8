using System.Text.Json.Nodes;
using Blip.Runtime.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Blip.Server.Http;

/// <summary>
/// Requests with images in any of three forms: JSON with base64, a form with files (<c>multipart/form-data</c>), or an image alone as the
/// body, its fields in the query.
/// </summary>
internal sealed class RequestInputs(ImageInputs images, IOptions<BlipServerOptions> options)
{
    private const string ImageField = "image", ImagesField = "images";

    /// <summary>Reads a request.</summary>
    /// <typeparam name="T">Its fields.</typeparam>
    /// <param name="request">The request.</param>
    /// <param name="imagesOf">The images among the fields.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The fields and the images.</returns>
    /// <exception cref="RequestException">The body is of another form.</exception>
    public async Task<(T Fields, IReadOnlyList<ImageSource> Images)> ReadAsync<T>(
        HttpRequest request, Func<T, (string? One, IReadOnlyList<string>? Many)> imagesOf, CancellationToken cancellationToken)
    {
        var (fields, files) = request switch
        {
            { HasFormContentType: true } => await FormAsync<T>(request, cancellationToken).ConfigureAwait(false),
            { ContentType: { } type } when type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) || type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase) =>
                (JsonBodies.ReadForm<T>(Query(request)), [ImageSource.FromBytes(await BytesAsync(request.Body, cancellationToken).ConfigureAwait(false), ImageInputs.NameOf(0, 1))]),
            _ => (await JsonBodies.ReadAsync<T>(request, cancellationToken).ConfigureAwait(false), []),
        };
        var (one, many) = imagesOf(fields);
        if (one is not null && many is not null)
            throw RequestException.Bad("image and images are both given: give one of them.", ImagesField);
        var named = one is not null ? images.Read([one], ImageField) : images.Read(many ?? [], ImagesField);
        images.CheckCount(files.Count + named.Count, ImagesField);
        return (fields, [.. files, .. named]);
    }

    private async Task<(T Fields, List<ImageSource> Files)> FormAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        // In memory: the body is limited already, and a server needs no folder to write to.
        var most = (int)Math.Min(options.Value.MaxBodyBytes, int.MaxValue);
        var feature = new FormFeature(request, new FormOptions { MemoryBufferThreshold = most, MultipartBodyLengthLimit = most, BufferBody = false });
        IFormCollection form;
        try
        {
            form = await feature.ReadFormAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, $"The form cannot be read: {e.Message}", e);
        }
        images.CheckCount(form.Files.Count, ImagesField);
        var files = new List<ImageSource>(form.Files.Count);
        foreach (var file in form.Files)
        {
            await using var stream = file.OpenReadStream();
            var name = Path.GetFileName(file.FileName);
            files.Add(ImageSource.FromBytes(
                await BytesAsync(stream, cancellationToken).ConfigureAwait(false), name is { Length: > 0 } ? name : ImageInputs.NameOf(files.Count, form.Files.Count)));
        }
        return (JsonBodies.ReadForm<T>(Fields(form)), files);
    }

    private static JsonObject Query(HttpRequest request) => Fields(request.Query);

    private static JsonObject Fields(IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> values) => new(values.Select(field =>
        KeyValuePair.Create<string, JsonNode?>(field.Key, field.Value is [var one] ? JsonValue.Create(one) : new JsonArray([.. field.Value.Select(text => JsonValue.Create(text))]))));

    private static async Task<byte[]> BytesAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }
}
