namespace Blip.Runtime.Pipelines;

/// <summary>The interface of <see cref="Matcher"/>, for tests without a model.</summary>
public interface IMatcher
{
    /// <inheritdoc cref="Matcher.MatchAsync"/>
    Task<IReadOnlyList<Match>> MatchAsync(
        ImageSource image, IReadOnlyList<string> texts, MatchOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Matcher.MatchAllAsync(IAsyncEnumerable{ImageSource}, IReadOnlyList{string}, MatchOptions?, CancellationToken)"/>
    IAsyncEnumerable<MatchResult> MatchAllAsync(
        IAsyncEnumerable<ImageSource> images, IReadOnlyList<string> texts, MatchOptions? options =
            null, CancellationToken cancellationToken = default);
}
