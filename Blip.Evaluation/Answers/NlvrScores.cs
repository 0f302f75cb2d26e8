namespace Blip.Evaluation;

/// <summary>NLVR2's scores of sentences about two images (Suhr et al. 2019, section 6).</summary>
/// <param name="Accuracy">Share of correct pairs, 0 to 1.</param>
/// <param name="Consistency">Share of sentences with correct predictions for all their pairs.</param>
public sealed record NlvrScores(double Accuracy, double Consistency)
{
    /// <summary>Scores predictions.</summary>
    /// <param name="pairs">Pairs with labels.</param>
    /// <param name="predictions">The predicted label of a pair.</param>
    /// <exception cref="ArgumentException">There are no pairs, or one lacks a label.</exception>
    public static NlvrScores Of(IReadOnlyList<NlvrPair> pairs, Func<NlvrPair, bool> predictions)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(predictions);
        if (pairs.Count == 0 || pairs.Any(pair => pair.Label is null))
            throw new ArgumentException("Give pairs that have labels, at least one.", nameof(pairs));
        var right = pairs.Select(pair => (pair.Sentence, IsRight: predictions(pair) == pair.Label)).ToList();
        return new NlvrScores(
            (double)right.Count(pair => pair.IsRight) / right.Count,
            right.GroupBy(pair => pair.Sentence, StringComparer.Ordinal).Average(same => same.All(pair => pair.IsRight) ? 1.0 : 0));
    }

    /// <summary>The scores by name.</summary>
    public IEnumerable<KeyValuePair<string, double>> Named => [new("accuracy", Accuracy), new("consistency", Consistency)];
}
