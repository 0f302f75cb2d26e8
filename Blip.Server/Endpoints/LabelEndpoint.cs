using System.Text.Json;
using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.Requests;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Blip.Server.Endpoints;

internal sealed class LabelEndpoint(ModelSet models, RequestInputs inputs, IOptions<BlipServerOptions> limits) : IDisposable
{
    // Clients often send image after image with the same labels, so that their embeddings are kept. An entry's size is its number of texts.
    private readonly MemoryCache labelers = new(new MemoryCacheOptions { SizeLimit = 16L * limits.Value.MaxTexts });

    public async Task<IResult> HandleAsync(HttpContext http)
    {
        var cancellationToken = http.RequestAborted;
        var (request, images) = await inputs.ReadSomeAsync<LabelRequest>(http.Request, cancellationToken).ConfigureAwait(false);
        var labels = request.Labels ?? [];
        var templates = request.Templates is { Count: > 0 } given ? given : null;
        var prompts = (long)labels.Count * (templates ?? LabelOptions.DefaultTemplates).Count;
        if (prompts > limits.Value.MaxTexts)
            throw RequestException.Bad(
                $"{labels.Count} labels make {prompts} texts, and this server takes {limits.Value.MaxTexts} at once: give fewer 'labels' "
                    + $"or 'templates'.", "labels");
        var labeler = await LabelerAsync(labels, templates, request.Rerank, prompts, cancellationToken).ConfigureAwait(false);
        var results = images is [var image]
            ? [new LabeledImage(image.Name, Of(await labeler.LabelAsync(image, cancellationToken).ConfigureAwait(false)))]
            : await labeler.LabelAllAsync(images, cancellationToken).Select(Of).ToListAsync(cancellationToken).ConfigureAwait(false);
        return TypedResults.Json(new LabelResponse(results), JsonBodies.Writing);
    }

    /// <inheritdoc/>
    public void Dispose() => labelers.Dispose();

    // Embeds the labels on the device, after waiting for a turn.
    private async Task<Labeler> LabelerAsync(
        IReadOnlyList<string> labels, IReadOnlyList<string>? templates, int? rerank, long prompts, CancellationToken cancellationToken)
    {
        var matcher = models.Match.Get();
        var key = JsonSerializer.Serialize(new { labels, templates, rerank });
        if (labelers.TryGetValue(key, out Labeler? known))
            return known!;
        var options = new LabelOptions { Templates = templates, Rerank = rerank ?? new LabelOptions().Rerank };
        var labeler = await Task.Run(() => new Labeler(matcher, labels, options, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        return labelers.Set(key, labeler, new MemoryCacheEntryOptions { Size = prompts });
    }

    private static LabeledImage Of(LabelResult result) =>
        result.Succeeded
            ? new LabeledImage(result.Source.Name, Of(result.Labels))
            : new LabeledImage(result.Source.Name, Error: result.Error);

    private static IReadOnlyList<LabelScore> Of(IReadOnlyList<Label> labels) =>
        [.. labels.Select(label => new LabelScore(label.Name, label.Probability, label.MatchProbability, label.Cosine))];
}

internal sealed record LabelRequest : KnownFields, IImageRequest
{
    /// <summary>One image: base64, or a data: address.</summary>
    public string? Image { get; init; }

    /// <summary>Several images.</summary>
    public IReadOnlyList<string>? Images { get; init; }

    /// <summary>The labels, at least two.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Texts with {} in the label's place; the server's templates by default.</summary>
    public IReadOnlyList<string>? Templates { get; init; }

    /// <summary>How many of the closest labels the matching head scores again.</summary>
    public int? Rerank { get; init; }
}

/// <summary>The answer of <c>/label</c>.</summary>
/// <param name="Results">One per image, in order.</param>
internal sealed record LabelResponse(IReadOnlyList<LabeledImage> Results);

/// <summary>An image's labels, or its error.</summary>
/// <param name="Image">The image's name.</param>
/// <param name="Labels">All, likeliest first.</param>
/// <param name="Error">Why there are none.</param>
internal sealed record LabeledImage(string Image, IReadOnlyList<LabelScore>? Labels = null, string? Error = null);

/// <summary>A label of an image.</summary>
/// <param name="Label">The label.</param>
/// <param name="Probability">Its probability among all labels; an image's sum to 1.</param>
/// <param name="MatchProbability">The matching head's probability that it fits; null where not computed.</param>
/// <param name="Cosine">Cosine of the two embeddings, -1 to 1.</param>
internal sealed record LabelScore(string Label, double Probability, double? MatchProbability, double Cosine);
