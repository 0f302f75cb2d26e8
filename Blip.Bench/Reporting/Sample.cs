namespace Blip.Bench.Reporting;

/// <summary>Repeated measurements of one piece of work.</summary>
/// <param name="Name">Who did it.</param>
/// <param name="Milliseconds">The time of each round, in the order of the rounds.</param>
internal sealed record Sample(string Name, IReadOnlyList<double> Milliseconds)
{
    /// <summary>The middle one; of an even number the mean of the two in the middle.</summary>
    public double Median => MedianOf(Milliseconds);

    /// <summary>The fastest round.</summary>
    public double Min => Milliseconds.Min();

    /// <summary>The slowest round.</summary>
    public double Max => Milliseconds.Max();

    /// <summary>
    /// How many times as fast as another this one is, round by round: a machine that slows down for a while slows both in that round,
    /// so that the median of these ratios is steadier than the ratio of the medians.
    /// </summary>
    /// <exception cref="ArgumentException">The other was measured in another number of rounds.</exception>
    public Sample SpeedAgainst(Sample other) => other.Milliseconds.Count == Milliseconds.Count
        ? new Sample($"{Name} against {other.Name}", [.. Milliseconds.Zip(other.Milliseconds, (own, others) => others / own)])
        : throw new ArgumentException($"{other.Name} has {other.Milliseconds.Count} rounds, {Name} {Milliseconds.Count}.", nameof(other));

    private static double MedianOf(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
