namespace Blip.Runtime.Pipelines;

/// <summary>The interface of <see cref="Embedder"/>, for tests without a model.</summary>
public interface IEmbedder
{
    /// <summary>Elements of a vector.</summary>
    int Dimension { get; }

    /// <inheritdoc cref="Embedder.EmbedImageAsync"/>
    Task<float[]> EmbedImageAsync(ImageSource image, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Embedder.VectorsAsync"/>
    Task<IReadOnlyList<float[]>> VectorsAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Embedder.EmbedImagesAsync(IAsyncEnumerable{ImageSource}, CancellationToken)"/>
    IAsyncEnumerable<ImageEmbedding> EmbedImagesAsync(IAsyncEnumerable<ImageSource> images, CancellationToken cancellationToken = default);
}
