namespace Blip.Evaluation;

/// <summary>Accuracy of answers as the official VQA evaluation computes it (Antol et al. 2015, section 3).</summary>
public static class VqaAccuracy
{
    // An answer that three others gave is right.
    private const double Enough = 3;

    /// <summary>
    /// How right an answer is, 0 to 1: for each person, min(1, the others who gave this answer / 3); then the mean over the people.
    /// Answers are normalised where the people's differ, and only trimmed where all gave the same, as in the official code.
    /// </summary>
    /// <param name="answer">The model's answer.</param>
    /// <param name="people">The people's answers, ten in VQA v2.</param>
    /// <exception cref="ArgumentException">There are none of people.</exception>
    public static double Of(string answer, IReadOnlyList<string> people)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(people);
        if (people.Count == 0)
            throw new ArgumentException("No person answered: an accuracy needs answers to compare with.", nameof(people));
        var trimmed = people.Select(VqaAnswer.Trimmed).ToList();
        Func<string, string> form = trimmed.Distinct(StringComparer.Ordinal).Skip(1).Any() ? VqaAnswer.Normalize : VqaAnswer.Trimmed;
        var mine = form(answer);
        var same = trimmed.Select(person => form(person) == mine).ToList();
        var matches = same.Count(equal => equal);
        return same.Average(equal => Math.Min(1, (matches - (equal ? 1 : 0)) / Enough));
    }
}
