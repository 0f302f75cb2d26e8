using System.Text.Json.Nodes;
using Blip.Runtime.Pipelines;
using Blip.Server.Requests;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Blip.Server.Http;

/// <summary>
/// Requests with images: JSON with base64, <c>multipart/form-data</c> with files, or one image as the body with fields in the query.
/// </summary>
internal sealed class RequestInputs(ImageInputs images, IOptions<BlipServerOptions> options)
{
    private const string ImageField = "image", ImagesField = "images";

    /// <summary>Reads a request's fields and images.</summary>
    /// <exception cref="RequestException">The body is of another form.</exception>
    public async Task<(T Fields, IReadOnlyList<ImageSource> Images)> ReadAsync<T>(
        HttpRequest request, CancellationToken cancellationToken)
        where T : KnownFields, IImageRequest
    {
        var (fields, files) = request switch
        {
            { ContentType: { } type } when type.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) =>
                throw new RequestException(
                StatusCodes.Status415UnsupportedMediaType,
                "The body is said to be application/x-www-form-urlencoded, which curl says where nobody tells it: for an image give the "
                    + "header 'Content-Type: image/png' (or the like), for a form with files use -F."),
            { HasFormContentType: true } => await FormAsync<T>(request, cancellationToken).ConfigureAwait(false),
            { ContentType: { } type } when type.StartsWith("image/", StringComparison.OrdinalIgnoreCase)
                || type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase) =>
                (JsonBodies.ReadForm<T>(Query(request)),
                    [ImageSource.FromBytes(
                    await BytesAsync(request.Body, cancellationToken).ConfigureAwait(false), ImageInputs.NameOf(0, 1))]),
            _ => (await JsonBodies.ReadAsync<T>(request, cancellationToken).ConfigureAwait(false), []),
        };
        fields.RefuseUnknown();
        if (fields.Image is not null && fields.Images is not null)
            throw RequestException.Bad("image and images are both given: give one of them.", ImagesField);
        var named = fields.Image is { } one
            ? await images.ReadAsync([one], ImageField, cancellationToken).ConfigureAwait(false)
            : await images.ReadAsync(fields.Images ?? [], ImagesField, cancellationToken).ConfigureAwait(false);
        images.CheckCount(files.Count + named.Count, ImagesField);
        return (fields, [.. files, .. named]);
    }

    /// <summary>The same, for endpoints that need an image.</summary>
    /// <exception cref="RequestException">There is no image, or the body is of another form.</exception>
    public async Task<(T Fields, IReadOnlyList<ImageSource> Images)> ReadSomeAsync<T>(
        HttpRequest request, CancellationToken cancellationToken)
        where T : KnownFields, IImageRequest
    {
        var read = await ReadAsync<T>(request, cancellationToken).ConfigureAwait(false);
        return read.Images.Count > 0
            ? read
            : throw RequestException.Bad(
                "There is no image: send files in a form, an image as the body, or JSON with 'image' or 'images' in base64.", ImageField);
    }

    /// <summary>The same, for endpoints that take one image.</summary>
    public async Task<(T Fields, ImageSource Image)> ReadOneAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : KnownFields, IImageRequest
    {
        var (fields, some) = await ReadSomeAsync<T>(request, cancellationToken).ConfigureAwait(false);
        return some is [var one]
            ? (fields, one)
            : throw RequestException.Bad($"There are {some.Count} images: send one in each request.", ImagesField);
    }

    private async Task<(T Fields, List<ImageSource> Files)> FormAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        // In memory: the body's size is limited, and the server needs no writable folder.
        var most = (int)Math.Min(options.Value.MaxBodyBytes, int.MaxValue);
        var feature = new FormFeature(
            request, new FormOptions { MemoryBufferThreshold = most, MultipartBodyLengthLimit = most, BufferBody = false });
        IFormCollection form;
        try
        {
            // A token would abort the connection, and the client would get no answer. The body ends with the request's.
            form = await feature.ReadFormAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is InvalidDataException or NotSupportedException or ArgumentException or (IOException and not BadHttpRequestException))
        {
            throw new RequestException(StatusCodes.Status400BadRequest, $"The form cannot be read: {Fault(e)}.", e);
        }
        images.CheckCount(form.Files.Count, ImagesField);
        var files = new List<ImageSource>(form.Files.Count);
        foreach (var file in form.Files)
        {
            await using var stream = file.OpenReadStream();
            var name = Path.GetFileName(file.FileName);
            files.Add(ImageSource.FromBytes(
                await BytesAsync(stream, cancellationToken).ConfigureAwait(false), name is { Length: > 0 }
                    ? name
                    : ImageInputs.NameOf(files.Count, form.Files.Count)));
        }
        return (JsonBodies.ReadForm<T>(Fields(form)), files);
    }

    // The form reader names its own options and streams.
    private static string Fault(Exception e) => e switch
    {
        IOException => "it ends before its closing boundary",
        InvalidDataException when e.Message.Contains("boundary", StringComparison.Ordinal) =>
            "the Content-Type names no valid boundary; let the client set that header",
        InvalidDataException when e.Message.Contains("limit", StringComparison.Ordinal) => "it has too many parts, or one is too long",
        _ => "its parts or their headers are damaged",
    };

    private static JsonObject Query(HttpRequest request) => Fields(request.Query);

    private static JsonObject Fields(IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> values) =>
        new(values.Select(field =>
        KeyValuePair.Create<string, JsonNode?>(
            field.Key, field.Value is [var one]
            ? JsonValue.Create(one)
            : new JsonArray([.. field.Value.Select(text => JsonValue.Create(text))]))));

    private static async Task<byte[]> BytesAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }
}
