namespace Blip.Evaluation;

/// <summary>
/// How often a model is right about sentences and two images, as NLVR2's evaluation counts it (Suhr et al. 2019, section 6).
/// </summary>
/// <param name="Accuracy">The share of pairs that it is right about, 0 to 1.</param>
/// <param name="Consistency">The share of sentences that it is right about with every pair that has them.</param>
public sealed record NlvrScores(double Accuracy, double Consistency)
{
    /// <summary>Scores predictions.</summary>
    /// <param name="pairs">The pairs, each with its label.</param>
    /// <param name="predictions">Whether each sentence is said to be true.</param>
    /// <exception cref="ArgumentException">There are none, or a pair has no label.</exception>
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

    /// <summary>The scores by their names.</summary>
    public IEnumerable<KeyValuePair<string, double>> Named => [new("accuracy", Accuracy), new("consistency", Consistency)];
}
