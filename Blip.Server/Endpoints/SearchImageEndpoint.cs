using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;

namespace Blip.Server.Endpoints;

/// <summary><c>GET /search/image</c>: a small copy of an image of the index. No other file is read.</summary>
internal sealed class SearchImageEndpoint(ModelSet models)
{
    private const int LongestSide = 384;

    public async Task<IResult> HandleAsync(string path, CancellationToken cancellationToken)
    {
        var retriever = models.Retriever();
        if (!retriever.Index.TryGet(path, out _))
            throw new RequestException(StatusCodes.Status404NotFound, $"The index names no image '{path}': give a path that /search gave.")
            {
                Field = "path",
            };
        var limits = models.Match.Get().Host.Options.Images;
        // Decoded and encoded again: a file's metadata is not sent.
        var address = await Task.Run(
            () =>
            {
                var decoded = ImageFile.Read(ImageSource.FromFile(retriever.PathOf(path)), limits).Decode();
                return decoded.HasPixels ? ImageWriter.ToDataUri(decoded.Image, LongestSide) : throw NotReadable(path);
            },
            cancellationToken).ConfigureAwait(false);
        var comma = address.IndexOf(',', StringComparison.Ordinal);
        return TypedResults.Bytes(
            Convert.FromBase64String(address[(comma + 1)..]), address[5..address.IndexOf(';', StringComparison.Ordinal)]);
    }

    private static RequestException NotReadable(string path) =>
        new(StatusCodes.Status404NotFound,
            $"The image '{path}' is in the index and can no longer be read: 'blip index --prune' takes out what is gone.")
        {
            Field = "path",
        };
}
