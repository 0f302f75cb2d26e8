using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.Requests;

namespace Blip.Server.Endpoints;

/// <summary><c>POST /search</c>: finds images of the server's index by text or by an image.</summary>
internal sealed class SearchEndpoint(ModelSet models, RequestInputs inputs)
{
    private const int MostHits = 1000;

    public async Task<IResult> HandleAsync(HttpContext http)
    {
        var cancellationToken = http.RequestAborted;
        var (request, images) = await inputs.ReadAsync<SearchRequest>(http.Request, cancellationToken).ConfigureAwait(false);
        if (images.Count > 1 || string.IsNullOrWhiteSpace(request.Text) == (images.Count == 0))
            throw RequestException.Bad("Give words to look for as 'text', or one image: one of the two.", "text");
        if (request.Top > MostHits || request.Rerank > MostHits)
            throw RequestException.Bad($"top and rerank may be up to {MostHits}: give less.", "top");
        var retriever = models.Retriever();
        var options = new SearchOptions { Top = request.Top ?? new SearchOptions().Top, Rerank = request.Rerank ?? 0 };
        var hits = images is [var image]
            ? await retriever.SearchByImageAsync(image, options, cancellationToken).ConfigureAwait(false)
            : await retriever.SearchAsync(request.Text!, options, cancellationToken).ConfigureAwait(false);
        return TypedResults.Json(new SearchResponse(
            [.. hits.Select(hit => new FoundImage(PathFrom(retriever, hit.Path), hit.Score, hit.Cosine, hit.Error))]), JsonBodies.Writing);
    }

    // As the index names it: the path of its folder stays on the server.
    private static string PathFrom(Retriever retriever, string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(retriever.Index.Path))!;
        var relative = Path.GetRelativePath(folder, Path.GetFullPath(path)).Replace(Path.DirectorySeparatorChar, '/');
        return retriever.Index.TryGet(relative, out _) ? relative : path;
    }
}

internal sealed record SearchRequest : KnownFields, IImageRequest
{
    /// <summary>Words to look for.</summary>
    public string? Text { get; init; }

    /// <summary>An image to look for: base64, or a data: address.</summary>
    public string? Image { get; init; }

    /// <summary>A list of one image.</summary>
    public IReadOnlyList<string>? Images { get; init; }

    /// <summary>How many images to return.</summary>
    public int? Top { get; init; }

    /// <summary>How many of the best the matching head ranks again; for a text only.</summary>
    public int? Rerank { get; init; }
}

/// <summary>The answer of <c>/search</c>.</summary>
/// <param name="Hits">Best first.</param>
internal sealed record SearchResponse(IReadOnlyList<FoundImage> Hits);

/// <summary>An image of the index.</summary>
/// <param name="Path">Relative to the index's folder; absolute where it lies elsewhere.</param>
/// <param name="Score">The score of the ranking.</param>
/// <param name="Cosine">Cosine of its embedding and the query's, -1 to 1.</param>
/// <param name="Error">Why the matching head could not read it.</param>
internal sealed record FoundImage(string Path, double Score, double Cosine, string? Error = null);
