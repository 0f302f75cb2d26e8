namespace Blip.Runtime.Pipelines;

/// <summary>The interface of <see cref="Labeler"/>, for tests without a model.</summary>
public interface ILabeler
{
    /// <inheritdoc cref="Labeler.Labels"/>
    IReadOnlyList<string> Labels { get; }

    /// <inheritdoc cref="Labeler.LabelAsync"/>
    Task<IReadOnlyList<Label>> LabelAsync(ImageSource image, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Labeler.LabelAllAsync(IAsyncEnumerable{ImageSource}, CancellationToken)"/>
    IAsyncEnumerable<LabelResult> LabelAllAsync(IAsyncEnumerable<ImageSource> images, CancellationToken cancellationToken = default);
}
