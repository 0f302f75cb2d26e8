using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.Requests;

namespace Blip.Server.Endpoints;

/// <summary>
/// <c>POST /attention</c>: where the model looked for each word: of a question and its answer, of a text, or else of the caption.
/// </summary>
internal sealed class AttentionEndpoint(ModelSet models, RequestInputs inputs)
{
    public async Task<IResult> HandleAsync(HttpContext http)
    {
        var (request, image) = await inputs.ReadOneAsync<AttentionRequest>(http.Request, http.RequestAborted).ConfigureAwait(false);
        var asImages = request.AsImages();
        if (request is { Layer: not null, Text: null })
            throw RequestException.Bad("layer is about a text's match: give text, or leave layer out.", "layer");
        var lines = request switch
        {
            { Text: not null, Question: not null } =>
                throw RequestException.Bad("text and question are both given: give one of them, or none for the caption.", "text"),
            { Question: { } question } => await AnswerAsync(request, image, question, http.RequestAborted).ConfigureAwait(false),
            { Text: { } text } => await MatchAsync(request, image, text, http.RequestAborted).ConfigureAwait(false),
            _ => await CaptionAsync(request, image, http.RequestAborted).ConfigureAwait(false),
        };
        return TypedResults.Json(
            new AttentionResponse(image.Name,
                [.. lines.Select(line => new LookingLine(line.Kind, [.. line.Words.Select(word => Of(word, asImages))], line.Score))]),
                JsonBodies.Writing);
    }

    private static LookingWord Of(WordAttention word, bool asImage)
    {
        float[] values = [.. word.Values];
        return asImage
            ? new LookingWord(word.Word, word.Height, word.Width,
                Png: ImageWriter.ToDataUri(word.Width, word.Height, Heatmap.Layer(values, word.Height, word.Width)))
            : new LookingWord(word.Word, word.Height, word.Width, Values: values);
    }

    private async Task<IReadOnlyList<Line>> CaptionAsync(AttentionRequest request, ImageSource image, CancellationToken cancellationToken)
    {
        var captioner = models.Caption.Get();
        var options = new CaptionOptions
        {
            Generation = request.Apply(captioner.Defaults),
            Prompt = request.Prompt,
            Attention = true,
            AttentionMethod = request.ChosenForWritten(),
        };
        var caption = await captioner.CaptionAsync(image, options, cancellationToken).ConfigureAwait(false);
        return [new Line("caption", caption.Attention, caption.Score)];
    }

    private async Task<IReadOnlyList<Line>> AnswerAsync(
        AttentionRequest request, ImageSource image, string question, CancellationToken cancellationToken)
    {
        var answerer = models.Ask.Get();
        var options = new AnswerOptions
        {
            Generation = request.Apply(answerer.Defaults),
            Attention = true,
            AttentionMethod = request.ChosenForWritten(),
        };
        var answer = await answerer.AnswerAsync(image, question, options, cancellationToken).ConfigureAwait(false);
        return [new Line("question", answer.QuestionAttention, null), new Line("answer", answer.Attention, answer.Score)];
    }

    private async Task<IReadOnlyList<Line>> MatchAsync(
        AttentionRequest request, ImageSource image, string text, CancellationToken cancellationToken)
    {
        var options = new MatchOptions
        {
            Attention = true,
            AttentionMethod = request.Chosen(AttentionMethod.GradCam),
            AttentionLayer = request.Layer,
        };
        var match = (await models.Match.Get().MatchAsync(image, [text], options, cancellationToken).ConfigureAwait(false))[0];
        return [new Line("text", match.Attention, match.MatchProbability)];
    }

    private sealed record Line(string Kind, IReadOnlyList<WordAttention> Words, double? Score);
}

internal sealed record AttentionRequest : GenerationRequest, IImageRequest
{
    /// <summary>The image: base64, or a data: address.</summary>
    public string? Image { get; init; }

    /// <summary>A list of one image.</summary>
    public IReadOnlyList<string>? Images { get; init; }

    /// <summary>A text to match with the image.</summary>
    public string? Text { get; init; }

    /// <summary>A question about the image.</summary>
    public string? Question { get; init; }

    /// <summary>Words that begin the caption.</summary>
    public string? Prompt { get; init; }

    /// <summary>cross-attention, rollout or, for a text, grad-cam (its default).</summary>
    public string? Method { get; init; }

    /// <summary>With grad-cam: the layer of the text encoder, from 0.</summary>
    public int? Layer { get; init; }

    /// <summary>grid: a number per patch; png: an image with a pixel per patch, to lay over the whole image.</summary>
    public string? Format { get; init; }

    /// <summary>The method, or the default.</summary>
    /// <exception cref="RequestException">There is no such method.</exception>
    public AttentionMethod Chosen(AttentionMethod usual) => Method switch
    {
        null => usual,
        "cross-attention" => AttentionMethod.CrossAttention,
        "rollout" => AttentionMethod.Rollout,
        "grad-cam" => AttentionMethod.GradCam,
        var other => throw RequestException.Bad($"method is '{other}': give cross-attention, rollout or grad-cam.", "method"),
    };

    /// <summary>The method for a caption, or for a question and its answer.</summary>
    /// <exception cref="RequestException">There is no such method, or it is for a text alone.</exception>
    public AttentionMethod ChosenForWritten() => Chosen(AttentionMethod.CrossAttention) is var method and not AttentionMethod.GradCam
        ? method
        : throw RequestException.Bad(
            "method is 'grad-cam', which tells what made a text match: give text with it, or give cross-attention or rollout.", "method");

    /// <summary>Whether to send images.</summary>
    /// <exception cref="RequestException">There is no such format.</exception>
    public bool AsImages() => Format switch
    {
        null or "grid" => false,
        "png" => true,
        var other => throw RequestException.Bad($"format is '{other}': give grid or png.", "format"),
    };
}

/// <summary>The answer of <c>/attention</c>.</summary>
/// <param name="Image">The image's name.</param>
/// <param name="Lines">The texts.</param>
internal sealed record AttentionResponse(string Image, IReadOnlyList<LookingLine> Lines);

/// <summary>A text.</summary>
/// <param name="Kind">caption, text, question or answer.</param>
/// <param name="Words">Its words.</param>
/// <param name="Score">A text's match probability; a generated text's score.</param>
internal sealed record LookingLine(string Kind, IReadOnlyList<LookingWord> Words, double? Score);

/// <summary>Where the model looked for one word.</summary>
/// <param name="Word">The word.</param>
/// <param name="Height">Rows of patches.</param>
/// <param name="Width">Columns of patches.</param>
/// <param name="Values">Heat of each patch, row by row, 0 to 1.</param>
/// <param name="Png">The same as a data: address of an image, a pixel per patch.</param>
internal sealed record LookingWord(string Word, int Height, int Width, IReadOnlyList<float>? Values = null, string? Png = null);
