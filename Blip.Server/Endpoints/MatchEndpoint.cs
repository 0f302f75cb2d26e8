using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.Requests;
using Microsoft.Extensions.Options;

namespace Blip.Server.Endpoints;

internal sealed class MatchEndpoint(ModelSet models, RequestInputs inputs, IOptions<BlipServerOptions> limits)
{
    public async Task<IResult> HandleAsync(HttpContext http)
    {
        var cancellationToken = http.RequestAborted;
        var (request, images) = await inputs.ReadSomeAsync<MatchRequest>(http.Request, cancellationToken).ConfigureAwait(false);
        var texts = request.Texts ?? [];
        if (texts.Count == 0 || texts.Any(string.IsNullOrWhiteSpace))
            throw RequestException.Bad("There is no text, or an empty one: give 'texts', a list.", "texts");
        if (texts.Count > limits.Value.MaxTexts)
            throw RequestException.Bad(
                $"There are {texts.Count} texts, and this server takes {limits.Value.MaxTexts} at once: send several requests.", "texts");
        var matcher = models.Match.Get();
        var results = images is [var image]
            ? [new MatchedImage(image.Name,
                Of(await matcher.MatchAsync(image, texts, cancellationToken: cancellationToken).ConfigureAwait(false)))]
            : await matcher.MatchAllAsync(images, texts, cancellationToken: cancellationToken).Select(Of).ToListAsync(cancellationToken)
                .ConfigureAwait(false);
        return TypedResults.Json(new MatchResponse(results), JsonBodies.Writing);
    }

    private static MatchedImage Of(MatchResult result) =>
        result.Succeeded
            ? new MatchedImage(result.Source.Name, Of(result.Matches))
            : new MatchedImage(result.Source.Name, Error: result.Error);

    private static IReadOnlyList<MatchedText> Of(IReadOnlyList<Match> matches) =>
        [.. matches.Select(match => new MatchedText(match.Text, match.MatchProbability, match.Cosine))];
}

internal sealed record MatchRequest : KnownFields, IImageRequest
{
    /// <summary>One image: base64, or a data: address.</summary>
    public string? Image { get; init; }

    /// <summary>Several images.</summary>
    public IReadOnlyList<string>? Images { get; init; }

    /// <summary>The texts.</summary>
    public IReadOnlyList<string>? Texts { get; init; }
}

/// <summary>The answer of <c>/match</c>.</summary>
/// <param name="Results">One per image, in order.</param>
internal sealed record MatchResponse(IReadOnlyList<MatchedImage> Results);

/// <summary>How well the texts fit an image, or its error.</summary>
/// <param name="Image">The image's name.</param>
/// <param name="Matches">One per text, in order.</param>
/// <param name="Error">Why there are none.</param>
internal sealed record MatchedImage(string Image, IReadOnlyList<MatchedText>? Matches = null, string? Error = null);

/// <summary>How well a text fits.</summary>
/// <param name="Text">The text.</param>
/// <param name="MatchProbability">The matching head's probability that it fits.</param>
/// <param name="Cosine">Cosine of the two embeddings, -1 to 1.</param>
internal sealed record MatchedText(string Text, double MatchProbability, double Cosine);
