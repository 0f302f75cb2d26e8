using System.Runtime.InteropServices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.Requests;
using Microsoft.Extensions.Options;

namespace Blip.Server.OpenAI;

/// <summary><c>POST /v1/embeddings</c>: vectors of texts, and of images as <c>data:</c> addresses, in one space.</summary>
internal sealed class Embeddings(ModelSet models, ModelCatalog catalog, ImageInputs images, IOptions<BlipServerOptions> options)
{
    private const string Field = "input";

    /// <summary>Answers a request.</summary>
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
        // [CLS] and [SEP] stand around each text.
        var tokens = inputs.Sum(input => ImageInputs.IsData(input) ? TokenCounts.OfImage(embedder) : TokenCounts.Of(embedder, input) + 2);
        return TypedResults.Json(
            new EmbeddingList([.. vectors.Select((vector, i) => new EmbeddingEntry(i, asBase64 ? Base64(vector) : vector))], model, new EmbeddingUsage(tokens)), JsonBodies.Writing);
    }

    private IReadOnlyList<string> Inputs(IReadOnlyList<string>? input)
    {
        if (input is null or [])
            throw RequestException.Bad("input is missing or empty: give a text, an image as 'data:image/…;base64,…', or a list of both.", Field);
        if (input.Count > options.Value.MaxTexts)
            throw RequestException.Bad($"input holds {input.Count} texts and images, and this server takes {options.Value.MaxTexts} at once: send several requests.", Field);
        if (input.Any(string.IsNullOrEmpty))
            throw RequestException.Bad("input holds an empty text: take it out.", Field);
        return input;
    }

    private static async Task TextsAsync(Embedder embedder, IReadOnlyList<string> inputs, float[][] vectors, CancellationToken cancellationToken)
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
            // Calls about one image share the model with those of others, and know an image that was asked about before.
            vectors[places[0]] = await embedder.EmbedImageAsync(one, cancellationToken).ConfigureAwait(false);
            return;
        }
        var next = 0;
        await foreach (var embedding in embedder.EmbedImagesAsync(sources, cancellationToken).ConfigureAwait(false))
            vectors[places[next++]] = embedding.Vector ?? throw new ImageException(embedding.Error!);
    }

    // Little-endian floats, as OpenAI's clients ask for them.
    private static string Base64(float[] vector) => Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector));
}

/// <summary>A request to <c>/v1/embeddings</c>.</summary>
internal sealed record EmbeddingRequest : KnownFields
{
    /// <summary>match.</summary>
    public string? Model { get; init; }

    /// <summary>Texts, and images as data: addresses.</summary>
    public IReadOnlyList<string>? Input { get; init; }

    /// <summary>float or base64.</summary>
    public string? EncodingFormat { get; init; }

    /// <summary>The model's own, or left out.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Whose request it is; not read.</summary>
    public string? User { get; init; }

    /// <summary>Checks the options of vectors.</summary>
    /// <param name="dimension">The model's.</param>
    /// <returns>Whether they are wanted as base64.</returns>
    /// <exception cref="RequestException">They are wanted in another way than there is.</exception>
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
    /// <summary>Its type.</summary>
    public string Object => "list";
}

/// <summary>A vector: numbers, or their bytes as base64.</summary>
internal sealed record EmbeddingEntry(int Index, object Embedding)
{
    /// <summary>Its type.</summary>
    public string Object => "embedding";
}

/// <summary>Numbers of tokens.</summary>
internal sealed record EmbeddingUsage(int PromptTokens)
{
    /// <summary>The same: nothing is said.</summary>
    public int TotalTokens => PromptTokens;
}
