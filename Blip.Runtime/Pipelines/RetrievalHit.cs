namespace Blip.Runtime.Pipelines;

/// <summary>An image that was found.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Score">
/// What it is ordered by: the cosine; where the matching head looked at it, its probability of a match, or, with
/// <see cref="Models.Compat.Original"/>, its logit of a match and the cosine, as the authors add them.
/// </param>
/// <param name="Cosine">How close its vector is to the query's, -1 to 1.</param>
public sealed record RetrievalHit(string Path, double Score, double Cosine)
{
    /// <summary>What the matching head says of it; null where it was not asked.</summary>
    public Match? Match { get; init; }

    /// <summary>Why the matching head could not look at it, a sentence for people; null where it could, or was not asked. Such images come after those that it did look at.</summary>
    public string? Error { get; init; }
}
