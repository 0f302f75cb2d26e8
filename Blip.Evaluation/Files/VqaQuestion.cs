namespace Blip.Evaluation;

/// <summary>A question about an image, with people's answers.</summary>
/// <param name="Id">Its id in results.</param>
/// <param name="ImageId">The image's id.</param>
/// <param name="FileName">The image's file, relative to the image folder; null if not given.</param>
/// <param name="Text">The question; null where only annotations were read.</param>
/// <param name="Answers">People's answers, ten in VQA v2; empty where no annotations were read.</param>
/// <param name="QuestionType">The question's beginning ("what color is the"); null if unknown.</param>
/// <param name="AnswerType"><c>yes/no</c>, <c>number</c> or <c>other</c>; null if unknown.</param>
public sealed record VqaQuestion(
    EntryId Id, EntryId ImageId, string? FileName, string? Text, IReadOnlyList<string> Answers, string? QuestionType, string? AnswerType);
