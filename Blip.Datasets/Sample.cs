using System.Text.Json.Nodes;

namespace Blip.Datasets;

/// <summary>One image of a data set, with its texts and fields.</summary>
public sealed record Sample
{
    /// <summary>
    /// The sample's name in its shard: a webdataset key, a file's path without its extension, or a column's value. Draws of captions
    /// depend
    /// on it, so it must not depend on the machine that reads the data set.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>The sample's place in its shard, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The image; null where the sample has none that can be read, and <see cref="Error"/> says why.</summary>
    public SampleImage? Image { get; init; }

    /// <summary>The texts that the data set has of the image; none for an image without a caption.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Further fields of the sample, which travel on to the output; null for none.</summary>
    public JsonObject? Fields { get; init; }

    /// <summary>
    /// Further files of the sample by their extension without the first dot (<c>cls</c>, <c>seg.png</c>), which travel on to webdataset
    /// output.
    /// </summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Members { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>The sample's error, for people; null where it can be used.</summary>
    public string? Error { get; init; }
}
