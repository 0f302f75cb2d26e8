using System.Text.Json.Serialization;

namespace Blip.Evaluation;

/// <summary>
/// COCO's <c>captions_*.json</c> and Karpathy's <c>dataset_*.json</c>, told apart by the place of the
/// sentences; MSR-VTT's has <c>videos</c> and <c>sentences</c>.
/// </summary>
internal sealed class CaptionFile
{
    public List<ImageEntry>? Images { get; set; }

    public List<CaptionEntry>? Annotations { get; set; }

    public List<VideoEntry>? Videos { get; set; }

    public List<VideoSentence>? Sentences { get; set; }
}

internal sealed class VideoEntry
{
    public string? VideoId { get; set; }

    public string? Split { get; set; }
}

internal sealed class VideoSentence
{
    public string? VideoId { get; set; }

    public string? Caption { get; set; }
}

/// <summary>A line of BLIP's <c>msrvtt_test.jsonl</c>.</summary>
internal sealed class ClipEntry
{
    public string? ClipName { get; set; }

    public string? Caption { get; set; }
}

internal sealed class ImageEntry
{
    public EntryId? Id { get; set; }

    public string? FileName { get; set; }

    [JsonPropertyName("cocoid")]
    public EntryId? CocoId { get; set; }

    [JsonPropertyName("imgid")]
    public EntryId? KarpathyId { get; set; }

    [JsonPropertyName("filename")]
    public string? KarpathyName { get; set; }

    [JsonPropertyName("filepath")]
    public string? Folder { get; set; }

    public string? Split { get; set; }

    public List<SentenceEntry>? Sentences { get; set; }
}

internal sealed class SentenceEntry
{
    public string? Raw { get; set; }
}

internal sealed class CaptionEntry
{
    public EntryId? ImageId { get; set; }

    public string? Caption { get; set; }
}

/// <summary>An image of BLIP's lists (<c>coco_karpathy_test.json</c>), with one sentence or several.</summary>
internal sealed class ListedImage
{
    public string? Image { get; set; }

    [JsonConverter(typeof(TextsConverter))]
    public List<string>? Caption { get; set; }
}
