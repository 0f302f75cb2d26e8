namespace Blip.Runtime.Pipelines;

/// <summary>The interface of <see cref="Retriever"/>, for tests without a model.</summary>
public interface IRetriever
{
    /// <inheritdoc cref="Retriever.AddAsync"/>
    IAsyncEnumerable<IndexingResult> AddAsync(IEnumerable<ImageSource> images, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Retriever.SearchAsync"/>
    Task<IReadOnlyList<RetrievalHit>> SearchAsync(
        string text, SearchOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Retriever.SearchByImageAsync"/>
    Task<IReadOnlyList<RetrievalHit>> SearchByImageAsync(
        ImageSource image, SearchOptions? options = null, CancellationToken cancellationToken = default);
}
