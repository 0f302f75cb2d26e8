namespace Blip.Runtime.Pipelines;

/// <summary>The interface of <see cref="ImageComparer"/>, for tests without a model.</summary>
public interface IImageComparer
{
    /// <inheritdoc cref="ImageComparer.CompareAsync"/>
    Task<IReadOnlyList<Comparison>> CompareAsync(
        ImageSource left, ImageSource right, IReadOnlyList<string> sentences, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="ImageComparer.CompareAllAsync(IAsyncEnumerable{ImagePair}, CancellationToken)"/>
    IAsyncEnumerable<ComparisonResult> CompareAllAsync(IAsyncEnumerable<ImagePair> pairs, CancellationToken cancellationToken = default);
}
