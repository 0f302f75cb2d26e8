namespace Blip.Bench.Reporting;

/// <summary>Repeated measurements of one work.</summary>
/// <param name="Name">The contender.</param>
/// <param name="Milliseconds">Each round's time, in order.</param>
internal sealed record Sample(string Name, IReadOnlyList<double> Milliseconds)
{
    /// <summary>The middle round; of an even number the mean of the middle two.</summary>
    public double Median => MedianOf(Milliseconds);

    public double Min => Milliseconds.Min();

    public double Max => Milliseconds.Max();

    /// <summary>
    /// The speed relative to another sample by round. A machine that slows down slows both in that round, so that the median of these
    /// ratios is steadier than the ratio of medians.
    /// </summary>
    /// <exception cref="ArgumentException">The numbers of rounds differ.</exception>
    public Sample SpeedAgainst(Sample other) => other.Milliseconds.Count == Milliseconds.Count
        ? new Sample($"{Name} against {other.Name}", [.. Milliseconds.Zip(other.Milliseconds, (own, others) => others / own)])
        : throw new ArgumentException($"{other.Name} has {other.Milliseconds.Count} rounds, {Name} {Milliseconds.Count}.", nameof(other));

    private static double MedianOf(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
