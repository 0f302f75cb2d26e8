namespace Blip.Runtime.Pipelines;

/// <summary>The interface of <see cref="Captioner"/>, for tests without a model.</summary>
public interface ICaptioner
{
    /// <inheritdoc cref="Captioner.CaptionAsync(ImageSource, CaptionOptions?, CancellationToken)"/>
    Task<Caption> CaptionAsync(ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Captioner.CaptionAllAsync(IAsyncEnumerable{ImageSource}, CaptionOptions?, CancellationToken)"/>
    IAsyncEnumerable<CaptionResult> CaptionAllAsync(
        IAsyncEnumerable<ImageSource> images, CaptionOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Captioner.StreamAsync(ImageSource, CaptionOptions?, CancellationToken)"/>
    IAsyncEnumerable<string> StreamAsync(ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default);
}
