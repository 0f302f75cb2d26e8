using System.Text.Json.Serialization;

namespace Blip.Evaluation;

/// <summary>VQA v2's questions or annotations file.</summary>
internal sealed class QuestionFile
{
    public List<QuestionEntry>? Questions { get; set; }

    public List<QuestionEntry>? Annotations { get; set; }

    public string? DataSubtype { get; set; }
}

/// <summary>A question, its answers, or both, as in BLIP's lists.</summary>
internal sealed class QuestionEntry
{
    public EntryId? QuestionId { get; set; }

    public EntryId? ImageId { get; set; }

    public string? Question { get; set; }

    public string? Image { get; set; }

    public string? QuestionType { get; set; }

    public string? AnswerType { get; set; }

    public List<AnswerEntry>? Answers { get; set; }

    [JsonConverter(typeof(TextsConverter))]
    public List<string>? Answer { get; set; }
}

internal sealed class AnswerEntry
{
    public string? Answer { get; set; }
}
