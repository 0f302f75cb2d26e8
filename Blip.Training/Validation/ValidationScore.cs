namespace Blip.Training.Validation;

/// <summary>A model's scores on held-out data.</summary>
/// <param name="Values">The figures by name.</param>
/// <param name="Chosen">The figure that selects the best checkpoint; more is better.</param>
internal sealed record ValidationScore(IReadOnlyDictionary<string, double> Values, string Chosen)
{
    public double Best => Values[Chosen];

    /// <summary>Joins the figures of several tasks. The first task's figure selects the best checkpoint.</summary>
    public static ValidationScore Of(IReadOnlyList<ValidationScore> scores) =>
        new(scores.SelectMany(score => score.Values).ToDictionary(), scores[0].Chosen);
}
