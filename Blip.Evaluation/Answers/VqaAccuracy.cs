namespace Blip.Evaluation;

/// <summary>Accuracy of answers as in the official VQA evaluation (Antol et al. 2015, section 3).</summary>
public static class VqaAccuracy
{
    private const double Enough = 3;

    /// <summary>
    /// An answer's accuracy, 0 to 1: the mean over people of min(1, others with this answer / 3). As in the
    /// official code, answers are normalised only where people differ.
    /// </summary>
    /// <param name="answer">The model's answer.</param>
    /// <param name="people">People's answers, ten in VQA v2.</param>
    /// <exception cref="ArgumentException">No person answered.</exception>
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
