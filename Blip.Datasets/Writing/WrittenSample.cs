using System.Text.Json.Nodes;

namespace Blip.Datasets.Writing;

/// <summary>A sample as it is to be written: the source's, with the texts that are kept.</summary>
public sealed record WrittenSample
{
    /// <summary>The sample's key; it may hold folders (<c>a/b</c>).</summary>
    public required string Key { get; init; }

    /// <summary>The image; its bytes are copied as they are.</summary>
    public required SampleImage Image { get; init; }

    /// <summary>The texts, the one that stands for the image first; at least one.</summary>
    public required IReadOnlyList<WrittenText> Texts { get; init; }

    /// <summary>Further fields of the source; null for none.</summary>
    public JsonObject? Fields { get; init; }

    /// <summary>Further files of the source by their extension without the first dot. Webdataset alone has room for them.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Members { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();
}

/// <summary>A text that is kept, and how it was judged.</summary>
/// <param name="Text">The text.</param>
/// <param name="Details">Scores and origin, which stand beside the text where the format has room for them; null for none.</param>
public sealed record WrittenText(string Text, JsonObject? Details = null);
