using System.Runtime.CompilerServices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.Requests;

namespace Blip.Server.Endpoints;

internal sealed class CaptionEndpoint(ModelSet models, RequestInputs inputs)
{
    public async Task<IResult> HandleAsync(HttpContext http)
    {
        var cancellationToken = http.RequestAborted;
        var (request, images) = await inputs.ReadSomeAsync<CaptionRequest>(http.Request, cancellationToken).ConfigureAwait(false);
        var captioner = models.Caption.Get();
        var options = request.Options(captioner);
        if (request.Stream == true)
            return new EventStream(Stream(captioner, images, options, cancellationToken));
        if (images.Count > 1)
            return Json(await captioner.CaptionAllAsync(images, options, cancellationToken).Select(Of).ToListAsync(cancellationToken)
                .ConfigureAwait(false));
        return Json([Of(images[0], await captioner.CaptionAsync(images[0], options, cancellationToken).ConfigureAwait(false))]);
    }

    private static IResult Json(IReadOnlyList<CaptionedImage> results) =>
        TypedResults.Json(new CaptionResponse(results), JsonBodies.Writing);

    // One image: its words. Several: each caption once its batch is done.
    private static IAsyncEnumerable<StreamedEvent> Stream(
        Captioner captioner, IReadOnlyList<ImageSource> images, CaptionOptions options, CancellationToken cancellationToken) =>
        images.Count == 1 && options.Generation is { NumBeams: 1, NumReturnSequences: 1 }
            ? WordsAsync(captioner, images[0], options, cancellationToken)
            : captioner.CaptionAllAsync(images, options, cancellationToken).Select(result => new StreamedEvent(Of(result), "caption"));

    private static async IAsyncEnumerable<StreamedEvent> WordsAsync(
        Captioner captioner, ImageSource image, CaptionOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Caption? whole = null;
        await foreach (var word in captioner.StreamAsync(image, options, caption => whole = caption, cancellationToken)
            .ConfigureAwait(false))
            yield return new StreamedEvent(new StreamedWords(word), "words");
        yield return new StreamedEvent(
            Of(image, whole ?? throw new ImageException($"{image.Name}: the words ended before the caption.")), "caption");
    }

    private static CaptionedImage Of(CaptionResult result) => result.Succeeded
        ? Of(result.Source, result.Caption)
        : new CaptionedImage(result.Source.Name, Error: result.Error);

    private static CaptionedImage Of(ImageSource image, Caption caption) => new(
        image.Name, caption.Text, caption.Score, caption.Tokens.Count - 1,
        caption.Alternatives.Count == 0 ? null : [.. caption.Alternatives.Select(other => new ScoredText(other.Text ?? "", other.Score))]);
}

internal sealed record CaptionRequest : GenerationRequest, IImageRequest
{
    /// <summary>One image: base64, or a data: address.</summary>
    public string? Image { get; init; }

    /// <summary>Several images.</summary>
    public IReadOnlyList<string>? Images { get; init; }

    /// <summary>Words that begin each caption.</summary>
    public string? Prompt { get; init; }

    /// <summary>Words or phrases that no caption holds.</summary>
    public IReadOnlyList<string>? BadWords { get; init; }

    /// <summary>Captions of each image, best first: of a beam search or of draws.</summary>
    public int? NumReturnSequences { get; init; }

    /// <summary>Whether the answer comes as server-sent events: words of one image, or whole captions.</summary>
    public bool? Stream { get; init; }

    public CaptionOptions Options(Captioner captioner)
    {
        var generation = Apply(captioner.Defaults);
        return new CaptionOptions
        {
            Generation = generation with { NumReturnSequences = NumReturnSequences ?? generation.NumReturnSequences },
            Prompt = Prompt,
            BadWords = BadWords ?? [],
        };
    }
}

/// <summary>The answer of <c>/caption</c>.</summary>
/// <param name="Results">One per image, in order.</param>
internal sealed record CaptionResponse(IReadOnlyList<CaptionedImage> Results);

/// <summary>An image's caption, or its error.</summary>
/// <param name="Image">The image's name.</param>
/// <param name="Caption">The caption.</param>
/// <param name="Score">From its tokens' log-probabilities.</param>
/// <param name="Tokens">Its number of tokens.</param>
/// <param name="Alternatives">Other captions, best first.</param>
/// <param name="Error">Why there is no caption.</param>
internal sealed record CaptionedImage(
    string Image, string? Caption =
        null, double? Score = null, int? Tokens = null, IReadOnlyList<ScoredText>? Alternatives = null, string? Error = null);

/// <summary>A text and its score.</summary>
internal sealed record ScoredText(string Text, double Score);

/// <summary>The next words of a caption or an answer.</summary>
internal sealed record StreamedWords(string Text);
