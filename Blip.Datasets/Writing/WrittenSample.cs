using System.Text.Json.Nodes;

namespace Blip.Datasets.Writing;

/// <summary>A sample to write: the source's, with the kept texts.</summary>
public sealed record WrittenSample
{
    /// <summary>The key; it may contain folders (<c>a/b</c>).</summary>
    public required string Key { get; init; }

    /// <summary>The image; its bytes are copied.</summary>
    public required SampleImage Image { get; init; }

    /// <summary>At least one text, the main one first.</summary>
    public required IReadOnlyList<WrittenText> Texts { get; init; }

    /// <summary>Further fields of the source; null for none.</summary>
    public JsonObject? Fields { get; init; }

    /// <summary>Further files of the source by their extension without the first dot. Only webdataset has them.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Members { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();
}

/// <summary>A kept text and its assessment.</summary>
/// <param name="Text">The text.</param>
/// <param name="Details">Scores and origin, for formats that hold them; null for none.</param>
public sealed record WrittenText(string Text, JsonObject? Details = null);
