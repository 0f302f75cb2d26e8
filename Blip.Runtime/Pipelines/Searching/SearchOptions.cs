namespace Blip.Runtime.Pipelines;

/// <summary>The options of a search.</summary>
public sealed record SearchOptions
{
    /// <summary>Most images that may be asked for, or re-ranked.</summary>
    public const int MaxImages = 1_000_000;

    /// <summary>How many images to find.</summary>
    public int Top { get; init; } = 10;

    /// <summary>
    /// How many of the first by cosine the matching head looks at again; 0: none. The published figures of retrieval look at 256 on COCO and
    /// 128 on Flickr30k. Each costs about as much as an image's caption.
    /// </summary>
    public int Rerank { get; init; }

    /// <summary>
    /// How many frames of a found clip the matching head reads, where clips are in the index
    /// (<see cref="ImageSource.FromClip(string, int)"/>); null where images are.
    /// </summary>
    public int? Frames { get; init; }

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and says what it may be.</exception>
    public void Validate()
    {
        if (Top is < 1 or > MaxImages)
            throw new ArgumentException($"Top is {Top}: give 1 to {MaxImages}.", nameof(Top));
        if (Rerank is < 0 or > MaxImages)
            throw new ArgumentException($"Rerank is {Rerank}: give 1 to {MaxImages}, or 0 to leave the order by cosine.", nameof(Rerank));
    }
}

/// <summary>An image that was found.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Score">
/// The order's score: the cosine; for an image that the matching head scored, its probability of a match, or, with
/// <see cref="Models.Compat.Original"/>, its logit of a match and the cosine, as the authors add them.
/// </param>
/// <param name="Cosine">How close its vector is to the query's, -1 to 1.</param>
public sealed record RetrievalHit(string Path, double Score, double Cosine)
{
    /// <summary>The matching head's result; null where it was not asked.</summary>
    public Match? Match { get; init; }

    /// <summary>Why the matching head could not look at it, a sentence for people; null where it could, or was not asked. Such images come after the scored ones.</summary>
    public string? Error { get; init; }
}
