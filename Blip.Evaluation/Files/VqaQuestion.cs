namespace Blip.Evaluation;

/// <summary>A question about an image, and people's answers.</summary>
/// <param name="Id">Its id, which results name it by.</param>
/// <param name="ImageId">The image's id.</param>
/// <param name="FileName">The image's file, relative to the data set's folder of images; null where the files do not say.</param>
/// <param name="Text">The question; null where only the annotations were read.</param>
/// <param name="Answers">The people's answers, ten in VQA v2; empty where no annotations were read.</param>
/// <param name="QuestionType">How the question begins ("what color is the"); null where unknown.</param>
/// <param name="AnswerType"><c>yes/no</c>, <c>number</c> or <c>other</c>; null where unknown.</param>
public sealed record VqaQuestion(
    EntryId Id, EntryId ImageId, string? FileName, string? Text, IReadOnlyList<string> Answers, string? QuestionType, string? AnswerType);
