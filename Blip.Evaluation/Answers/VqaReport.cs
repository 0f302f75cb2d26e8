namespace Blip.Evaluation;

/// <summary>Accuracy of answers, in percent.</summary>
/// <param name="Overall">Mean over all questions, as in papers.</param>
/// <param name="PerAnswerType">Means by answer type: <c>yes/no</c>, <c>number</c>, <c>other</c>.</param>
/// <param name="PerQuestionType">Means by question type.</param>
/// <param name="PerQuestion">Each question's accuracy, by id.</param>
public sealed record VqaReport(
    double Overall,
    IReadOnlyDictionary<string, double> PerAnswerType,
    IReadOnlyDictionary<string, double> PerQuestionType,
    IReadOnlyDictionary<EntryId, double> PerQuestion)
{
    /// <summary>Scores answers.</summary>
    /// <param name="questions">Questions with people's answers.</param>
    /// <param name="answers">The model's answers by question id.</param>
    /// <exception cref="ArgumentException">There are no questions, or one lacks people's or the model's answers.</exception>
    public static VqaReport Of(IReadOnlyList<VqaQuestion> questions, IReadOnlyDictionary<EntryId, string> answers)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(answers);
        if (questions.Count == 0)
            throw new ArgumentException("There are no questions to score.", nameof(questions));
        var scores = new Dictionary<EntryId, double>(questions.Count);
        foreach (var question in questions)
        {
            if (question.Answers.Count == 0)
                throw new ArgumentException($"Question {question.Id} has no answer of people to be compared with.", nameof(questions));
            if (!answers.TryGetValue(question.Id, out var answer))
                throw new ArgumentException($"Question {question.Id} has no answer of the model.", nameof(answers));
            scores[question.Id] = 100 * VqaAccuracy.Of(answer, question.Answers);
        }
        return new VqaReport(scores.Values.Average(), By(question => question.AnswerType), By(question => question.QuestionType), scores);

        SortedDictionary<string, double> By(Func<VqaQuestion, string?> type) => new(
            questions.Where(question => type(question) is not null).GroupBy(question => type(question)!)
                .ToDictionary(group => group.Key, group => group.Average(question => scores[question.Id])),
            StringComparer.Ordinal);
    }
}
