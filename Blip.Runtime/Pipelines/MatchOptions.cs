namespace Blip.Runtime.Pipelines;

/// <summary>What is wanted of a matcher's call.</summary>
public sealed record MatchOptions
{
    /// <summary>
    /// True for the second look at the best of a search: with <see cref="Models.Compat.Original"/> the texts then begin with [ENC], as in the
    /// authors' retrieval, and not with [CLS], as in their demo of single pairs. It changes nothing otherwise.
    /// </summary>
    public bool Reranking { get; init; }
}
