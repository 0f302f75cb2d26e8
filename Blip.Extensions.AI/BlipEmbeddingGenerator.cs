using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Microsoft.Extensions.AI;

namespace Blip.Extensions.AI;

/// <summary>
/// BLIP's embeddings of texts and images behind <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>, in one
/// space and of length 1. An image's and a text's dot product measures how well they fit.
/// </summary>
public sealed class BlipEmbeddingGenerator :
    IEmbeddingGenerator<string, Embedding<float>>,
    IEmbeddingGenerator<DataContent, Embedding<float>>,
    IEmbeddingGenerator<ImageSource, Embedding<float>>
{
    private readonly Embedder embedder;
    private readonly bool owner;

    /// <summary>A generator over an embedder, which the caller disposes.</summary>
    /// <exception cref="ArgumentException">The embedder has no vocabulary.</exception>
    public BlipEmbeddingGenerator(Embedder embedder)
        : this(embedder, owner: false)
    {
    }

    private BlipEmbeddingGenerator(Embedder embedder, bool owner)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        if (!embedder.HasVocabulary)
            throw new ArgumentException("The model has no vocabulary, and cannot be given texts: give a VocabularyFile.", nameof(embedder));
        (this.embedder, this.owner) = (embedder, owner);
    }

    /// <summary>The model's name.</summary>
    public string ModelId { get; init; } = "blip-embedding";

    /// <summary>Loads the model that the options name; the generator disposes it.</summary>
    /// <exception cref="Blip.Runtime.Checkpoints.CheckpointException">The model is missing, damaged or of another kind.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or no model is named.</exception>
    public static BlipEmbeddingGenerator Load(BlipEmbeddingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var model = options.Model ?? throw new ArgumentException("BlipEmbeddingOptions names no model: set Model.", nameof(options));
        var embedder = Embedder.Load(model, options.Embedder);
        try
        {
            return new BlipEmbeddingGenerator(embedder, owner: true) { ModelId = embedder.ModelName };
        }
        catch
        {
            embedder.Dispose();
            throw;
        }
    }

    /// <summary>Embeds texts; the batch does not affect the vectors.</summary>
    /// <param name="values">The texts.</param>
    /// <param name="options">Only the model and its dimension are supported.</param>
    /// <param name="cancellationToken">Ends the work before the next batch.</param>
    /// <exception cref="ArgumentException">A text is too long for the model, or an option does not match it.</exception>
    /// <exception cref="NotSupportedException">An option is not supported.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        Check(options);
        var vectors = await embedder.VectorsAsync([.. values], cancellationToken).ConfigureAwait(false);
        return new GeneratedEmbeddings<Embedding<float>>(vectors.Select(Wrap));
    }

    /// <summary>Embeds images of messages.</summary>
    /// <exception cref="ImageException">An image cannot be read; the message begins with its name.</exception>
    /// <inheritdoc cref="GenerateAsync(IEnumerable{ImageSource}, EmbeddingGenerationOptions?, CancellationToken)"/>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<DataContent> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        return GenerateAsync(values.Select((content, i) => Images.Is(content)
            ? Images.From(content, allowLocalFiles: false)
            : throw new NotSupportedException($"Value {i} is {Images.Describe(content)}: give images, with a media type image/….")),
                options, cancellationToken);
    }

    /// <summary>Embeds images.</summary>
    /// <param name="values">Any number of images.</param>
    /// <param name="options">Only the model and its dimension are supported.</param>
    /// <param name="cancellationToken">Ends the work before the next batch.</param>
    /// <exception cref="ImageException">An image cannot be read; the message begins with its name.</exception>
    /// <exception cref="ArgumentException">An option does not match the model.</exception>
    /// <exception cref="NotSupportedException">An option is not supported.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<ImageSource> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        Check(options);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        await foreach (var result in embedder.EmbedImagesAsync(values, cancellationToken).ConfigureAwait(false))
            embeddings.Add(Wrap(result.Vector ?? throw new ImageException(result.Error!)));
        return embeddings;
    }

    /// <summary>The generator, its embedder, or its <see cref="EmbeddingGeneratorMetadata"/>.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("blip", null, ModelId, embedder.Dimension)
            : serviceType == typeof(Embedder) ? embedder
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Frees the model that the generator loaded.</summary>
    public void Dispose()
    {
        if (owner)
            embedder.Dispose();
    }

    private Embedding<float> Wrap(float[] vector) => new(vector) { ModelId = ModelId, CreatedAt = DateTimeOffset.UtcNow };

    private void Check(EmbeddingGenerationOptions? options)
    {
        if (options?.Dimensions is { } dimensions && dimensions != embedder.Dimension)
            throw new ArgumentException(
                $"Dimensions is {dimensions}, and this model's vectors have {embedder.Dimension}: leave it out.", nameof(options));
        if (options?.ModelId is { } model && model != ModelId)
            throw new ArgumentException(
                $"ModelId is '{model}', and this is '{ModelId}': leave it out, or ask the generator of that model.", nameof(options));
        if (options?.RawRepresentationFactory is not null)
            throw new NotSupportedException("RawRepresentationFactory cannot be followed: BLIP's vectors have no options.");
        if (options?.AdditionalProperties is { Count: > 0 } properties)
            throw new NotSupportedException(
                $"The additional property '{properties.Keys.First()}' cannot be followed: BLIP's vectors have no options.");
    }
}
