namespace Blip.Runtime.Pipelines;

/// <summary>The options of a search.</summary>
public sealed record SearchOptions
{
    /// <summary>Most images to find or rerank.</summary>
    public const int MaxImages = 1_000_000;

    /// <summary>How many images to find.</summary>
    public int Top { get; init; } = 10;

    /// <summary>
    /// How many of the first images by cosine the matching head scores again; 0 for none. Published retrieval results use 256 on COCO and
    /// 128 on Flickr30k. Each costs about as much as a caption.
    /// </summary>
    public int Rerank { get; init; }

    /// <summary>
    /// How many frames of a found clip the matching head reads (<see cref="ImageSource.FromClip(string, int)"/>); null takes the number
    /// that the index records. Another number than the recorded one is refused.
    /// </summary>
    public int? Frames { get; init; }

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    public void Validate()
    {
        if (Top is < 1 or > MaxImages)
            throw new ArgumentException($"Top is {Top}: give 1 to {MaxImages}.", nameof(Top));
        if (Rerank is < 0 or > MaxImages)
            throw new ArgumentException($"Rerank is {Rerank}: give 1 to {MaxImages}, or 0 to leave the order by cosine.", nameof(Rerank));
    }
}

/// <summary>An image that was found.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Score">
/// The score that orders hits: the cosine or, after the matching head, its probability of a match. With
/// <see cref="Models.Compat.Original"/>, the logit of a match plus the cosine, as in the authors' code.
/// </param>
/// <param name="Cosine">The cosine of its vector and the query's, -1 to 1.</param>
public sealed record RetrievalHit(string Path, double Score, double Cosine)
{
    /// <summary>The matching head's result; null where it was not asked.</summary>
    public Match? Match { get; init; }

    /// <summary>Why the matching head could not score it; null otherwise. Such images follow the scored ones.</summary>
    public string? Error { get; init; }
}
