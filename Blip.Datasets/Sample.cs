using System.Text.Json.Nodes;

namespace Blip.Datasets;

/// <summary>An image of a data set, with its texts and fields.</summary>
public sealed record Sample
{
    /// <summary>
    /// The sample's name in its shard: a webdataset key, a file's path without its extension, or a column's value. The choice of captions
    /// depends on it, so it must not depend on the machine.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>Its place in the shard, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The image; null where none is readable, and <see cref="Error"/> says why.</summary>
    public SampleImage? Image { get; init; }

    /// <summary>The image's texts; may be empty.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Further fields, kept in the output; null for none.</summary>
    public JsonObject? Fields { get; init; }

    /// <summary>Further files by their extension without the first dot (<c>cls</c>, <c>seg.png</c>), kept in webdataset output.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Members { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>The error, for people; null for a usable sample.</summary>
    public string? Error { get; init; }
}
