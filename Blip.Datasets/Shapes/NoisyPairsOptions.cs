namespace Blip.Datasets.Shapes;

/// <summary>
/// The contents of a noisy set. By default all details but one are wrong equally often. Swaps are excluded, since the demo matcher does not
/// detect them; <see cref="EveryDetail"/> adds them. The demo matcher keeps about a quarter of wrong shapes.
/// </summary>
public sealed record NoisyPairsOptions
{
    private const double Tolerance = 1e-9;

    /// <summary>The seed.</summary>
    public long Seed { get; init; }

    /// <summary>The share of true texts, from 0 to 1.</summary>
    public double RightShare { get; init; } = 0.5;

    /// <summary>The share of texts with one wrong detail, from 0 to 1. The rest are other images' texts.</summary>
    public double DetailShare { get; init; } = 0.25;

    /// <summary>Relative frequency of each wrong detail; 0 if not named.</summary>
    public IReadOnlyDictionary<WrongDetail, double> DetailWeights { get; init; } = new Dictionary<WrongDetail, double>
    {
        [WrongDetail.Color] = 1,
        [WrongDetail.Size] = 1,
        [WrongDetail.Background] = 1,
        [WrongDetail.Shape] = 1,
        [WrongDetail.Place] = 1,
    };

    /// <summary>The scenes.</summary>
    public SceneOptions Scenes { get; init; } = new();

    /// <summary>Equal weights for all details, with swaps.</summary>
    public static IReadOnlyDictionary<WrongDetail, double> EveryDetail { get; } =
        Enum.GetValues<WrongDetail>().ToDictionary(detail => detail, _ => 1.0);

    internal NoisyPairsOptions Validated()
    {
        if (RightShare is not (>= 0 and <= 1))
            throw new ArgumentException($"RightShare is {RightShare}; give 0 to 1.", nameof(RightShare));
        if (DetailShare is not (>= 0 and <= 1) || RightShare + DetailShare > 1 + Tolerance)
            throw new ArgumentException(
                $"DetailShare is {DetailShare} beside a RightShare of {RightShare}; give 0 to 1, and together at most 1.",
                nameof(DetailShare));
        ArgumentNullException.ThrowIfNull(DetailWeights);
        if (DetailWeights.FirstOrDefault(pair => pair.Value is not (>= 0 and < double.PositiveInfinity)) is { Value: not 0 } wrong)
            throw new ArgumentException($"The weight of {wrong.Key} is {wrong.Value}; give 0 or more.", nameof(DetailWeights));
        // Scenes of one shape exist: a detail that needs two cannot be the only one.
        if (DetailShare > 0 && !DetailWeights.Any(pair => pair.Value > 0 && !NeedsTwo(pair.Key)))
            throw new ArgumentException(
                "DetailWeights has no detail that a scene of one shape has; "
                + "give one of color, size, background and shape, or a DetailShare of 0.",
                nameof(DetailWeights));
        Scenes.Validated();
        return this;
    }

    /// <summary>Whether a detail needs two shapes.</summary>
    internal static bool NeedsTwo(WrongDetail detail) => detail is WrongDetail.Place or WrongDetail.Swap;
}
