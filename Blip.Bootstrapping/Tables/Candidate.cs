namespace Blip.Bootstrapping.Tables;

/// <summary>Where a candidate text comes from.</summary>
public enum TextOrigin
{
    /// <summary>The data set's text: the words beside the image in the web.</summary>
    Web,

    /// <summary>The captioner wrote it.</summary>
    Synthetic,

    /// <summary>A person wrote it for the image: it is kept unfiltered.</summary>
    Human,
}

/// <summary>A row of the table of candidates: one text beside one image, kept or not, or an image that failed.</summary>
public sealed record Candidate
{
    /// <summary>The shard's name in the output: <c>00012</c>.</summary>
    public required string Shard { get; init; }

    /// <summary>The sample's place in its shard, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The sample's key.</summary>
    public required string Key { get; init; }

    /// <summary>The image's path where it is a separate file; null for one inside another file.</summary>
    public string? ImagePath { get; init; }

    /// <summary>XxHash128 of the encoded image, 32 hexadecimal digits; null for an image that could not be read.</summary>
    public string? ImageHash { get; init; }

    /// <summary>The image's width in pixels; null for an image that could not be decoded.</summary>
    public int? Width { get; init; }

    /// <summary>The image's height in pixels; null for an image that could not be decoded.</summary>
    public int? Height { get; init; }

    /// <summary>Where the text comes from; null in the row of an image without any text.</summary>
    public TextOrigin? Source { get; init; }

    /// <summary>The text's number among those of the same origin and image, from 0.</summary>
    public int Number { get; init; }

    /// <summary>The text; null in the row of an image without any text.</summary>
    public string? Text { get; init; }

    /// <summary>
    /// The probability that the text fits the image, 0 to 1, by the filter's matching head (ITM); null where it was not asked.
    /// </summary>
    public double? Itm { get; init; }

    /// <summary>
    /// The cosine of the vectors of image and text, by the filter's contrastive heads (ITC); null where it was not asked.
    /// </summary>
    public double? Itc { get; init; }

    /// <summary>
    /// The logarithm of the probability of the caption's tokens as the captioner drew them; null for a text that it did not write.
    /// </summary>
    public double? LogProbability { get; init; }

    /// <summary>The seed that the caption was drawn from; null for a text that was not drawn.</summary>
    public long? Seed { get; init; }

    /// <summary>Whether the text is in the new data set.</summary>
    public bool Kept { get; init; }

    /// <summary>Why the text is kept or not, in a word or two.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The image's error; null for none.</summary>
    public string? Error { get; init; }
}
