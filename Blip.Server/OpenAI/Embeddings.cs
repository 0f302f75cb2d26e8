using System.Runtime.InteropServices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.Requests;
using Microsoft.Extensions.Options;

namespace Blip.Server.OpenAI;

/// <summary><c>POST /v1/embeddings</c>: embeddings of texts and of <c>data:</c> images, in one space.</summary>
internal sealed class Embeddings(ModelSet models, ModelCatalog catalog, ImageInputs images, IOptions<BlipServerOptions> options)
{
    private const string Field = "input";

    public async Task<IResult> HandleAsync(HttpContext http)
    {
        var request = await JsonBodies.ReadAsync<EmbeddingRequest>(http.Request, http.RequestAborted).ConfigureAwait(false);
        var model = catalog.Embedding(request.Model);
        var embedder = models.Match.Get().Embedder;
        var asBase64 = request.Check(embedder.Dimension);
        var inputs = Inputs(request.Input);
        var vectors = new float[inputs.Count][];
        await TextsAsync(embedder, inputs, vectors, http.RequestAborted).ConfigureAwait(false);
        await ImagesAsync(embedder, inputs, vectors, http.RequestAborted).ConfigureAwait(false);
        // Each text gets a [CLS] and a [SEP].
        var tokens = inputs.Sum(input => ImageInputs.IsData(input) ? TokenCounts.OfImage(embedder) : TokenCounts.Of(embedder, input) + 2);
        return TypedResults.Json(
            new EmbeddingList([.. vectors.Select((vector, i) => new EmbeddingEntry(i, asBase64 ? Base64(vector) : vector))], model,
                new EmbeddingUsage(tokens)), JsonBodies.Writing);
    }

    private IReadOnlyList<string> Inputs(IReadOnlyList<string>? input)
    {
        if (input is null or [])
            throw RequestException.Bad(
                "input is missing or empty: give a text, an image as 'data:image/…;base64,…', or a list of both.", Field);
        if (input.Count > options.Value.MaxTexts)
            throw RequestException.Bad(
                $"input holds {input.Count} texts and images, and this server takes {options.Value.MaxTexts} at once: send several "
                    + $"requests.", Field);
        if (input.Any(string.IsNullOrEmpty))
            throw RequestException.Bad("input holds an empty text: take it out.", Field);
        return input;
    }

    private static async Task TextsAsync(
        Embedder embedder, IReadOnlyList<string> inputs, float[][] vectors, CancellationToken cancellationToken)
    {
        var places = Enumerable.Range(0, inputs.Count).Where(i => !ImageInputs.IsData(inputs[i])).ToList();
        var next = 0;
        await foreach (var embedding in embedder.EmbedTextsAsync(places.Select(i => inputs[i]), cancellationToken).ConfigureAwait(false))
            vectors[places[next++]] = embedding.Vector ?? throw RequestException.Bad(embedding.Error!, Field);
    }

    private async Task ImagesAsync(Embedder embedder, IReadOnlyList<string> inputs, float[][] vectors, CancellationToken cancellationToken)
    {
        var places = Enumerable.Range(0, inputs.Count).Where(i => ImageInputs.IsData(inputs[i])).ToList();
        var sources = await images.ReadAsync([.. places.Select(i => inputs[i])], Field, cancellationToken).ConfigureAwait(false);
        if (sources is [var one])
        {
            // Calls with one image share batches with other calls, and reuse a recent image's encoding.
            vectors[places[0]] = await embedder.EmbedImageAsync(one, cancellationToken).ConfigureAwait(false);
            return;
        }
        var next = 0;
        await foreach (var embedding in embedder.EmbedImagesAsync(sources, cancellationToken).ConfigureAwait(false))
            vectors[places[next++]] = embedding.Vector ?? throw new ImageException(embedding.Error!);
    }

    // Little-endian floats, as OpenAI's clients expect.
    private static string Base64(float[] vector) => Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector));
}

internal sealed record EmbeddingRequest : KnownFields
{
    /// <summary>match.</summary>
    public string? Model { get; init; }

    /// <summary>Texts, and images as data: addresses.</summary>
    public IReadOnlyList<string>? Input { get; init; }

    /// <summary>float or base64.</summary>
    public string? EncodingFormat { get; init; }

    /// <summary>The model's, or omitted.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Ignored.</summary>
    public string? User { get; init; }

    /// <summary>Checks the options, and returns whether vectors are wanted as base64.</summary>
    /// <exception cref="RequestException">An option is not supported.</exception>
    public bool Check(int dimension)
    {
        RefuseUnknown();
        if (Dimensions is { } wanted && wanted != dimension)
            throw RequestException.Bad($"dimensions is {wanted}, and this model's vectors have {dimension}: leave it out.", "dimensions");
        return EncodingFormat switch
        {
            null or "float" => false,
            "base64" => true,
            var other => throw RequestException.Bad($"encoding_format is '{other}': give float or base64.", "encoding_format"),
        };
    }
}

/// <summary>The answer of <c>/v1/embeddings</c>.</summary>
internal sealed record EmbeddingList(IReadOnlyList<EmbeddingEntry> Data, string Model, EmbeddingUsage Usage)
{
    public string Object => "list";
}

/// <summary>A vector: numbers, or base64 of their bytes.</summary>
internal sealed record EmbeddingEntry(int Index, object Embedding)
{
    public string Object => "embedding";
}

internal sealed record EmbeddingUsage(int PromptTokens)
{
    /// <summary>The same: an embedding writes no text.</summary>
    public int TotalTokens => PromptTokens;
}
