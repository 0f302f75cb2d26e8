namespace Blip.Bootstrapping.Tables;

/// <summary>The origin of a candidate text.</summary>
public enum TextOrigin
{
    /// <summary>The web's text beside the image.</summary>
    Web,

    /// <summary>The captioner wrote it.</summary>
    Synthetic,

    /// <summary>A person's text, kept without filtering.</summary>
    Human,
}

/// <summary>A row of the table of candidates: a text of an image, kept or not, or a failed image.</summary>
public sealed record Candidate
{
    /// <summary>The shard's name in the output: <c>00012</c>.</summary>
    public required string Shard { get; init; }

    /// <summary>The sample's place in its shard, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The sample's key.</summary>
    public required string Key { get; init; }

    /// <summary>The path of a separate image file; null inside another file.</summary>
    public string? ImagePath { get; init; }

    /// <summary>XxHash128 of the encoded image, 32 hexadecimal digits; null if unreadable.</summary>
    public string? ImageHash { get; init; }

    /// <summary>The image's width in pixels; null if not decoded.</summary>
    public int? Width { get; init; }

    /// <summary>The image's height in pixels; null if not decoded.</summary>
    public int? Height { get; init; }

    /// <summary>The text's origin; null for an image without text.</summary>
    public TextOrigin? Source { get; init; }

    /// <summary>Its number among the image's texts of the same origin, from 0.</summary>
    public int Number { get; init; }

    /// <summary>The text; null for an image without text.</summary>
    public string? Text { get; init; }

    /// <summary>The filter's matching probability (ITM), 0 to 1; null if not computed.</summary>
    public double? Itm { get; init; }

    /// <summary>The filter's cosine of image and text (ITC); null if not computed.</summary>
    public double? Itc { get; init; }

    /// <summary>The log-probability of the caption's tokens; null for other texts.</summary>
    public double? LogProbability { get; init; }

    /// <summary>The seed of a sampled caption; null for other texts.</summary>
    public long? Seed { get; init; }

    /// <summary>Whether the new data set has the text.</summary>
    public bool Kept { get; init; }

    /// <summary>The reason, one of <see cref="Selection.SelectionReasons"/>.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The image's error; null for none.</summary>
    public string? Error { get; init; }
}
