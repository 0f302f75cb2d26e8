namespace Blip.Training.Validation;

/// <summary>A model's scores on held-out data.</summary>
/// <param name="Values">Each figure by its name.</param>
/// <param name="Chosen">The name of the figure that the best checkpoint is chosen by; more is better.</param>
internal sealed record ValidationScore(IReadOnlyDictionary<string, double> Values, string Chosen)
{
    /// <summary>The figure that the best checkpoint is chosen by.</summary>
    public double Best => Values[Chosen];

    /// <summary>Figures of several tasks; the first one's is chosen by.</summary>
    public static ValidationScore Of(IReadOnlyList<ValidationScore> scores) =>
        new(scores.SelectMany(score => score.Values).ToDictionary(), scores[0].Chosen);
}
