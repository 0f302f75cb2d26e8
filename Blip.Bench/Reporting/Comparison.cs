namespace Blip.Bench.Reporting;

/// <summary>One case of two files.</summary>
/// <param name="Old">As it was.</param>
/// <param name="New">As it is.</param>
/// <param name="Ratio">New median / old median.</param>
/// <param name="Normalized">The same relative to each file's machine's peaks; null where one of them has no time.</param>
/// <param name="Slower">Whether it is flagged.</param>
internal sealed record ComparedCase(BenchRecord Old, BenchRecord New, double? Ratio, double? Normalized, bool Slower);

/// <summary>
/// Two runs of the benchmarks, case by case. Times count in units of the roofline that each file's measured peaks give, so that another
/// machine, or the same one on a bad day, does not flag everything. A shared machine also has slow minutes, which a peak that was measured
/// before them does not show: a loss that most cases of a device share is subtracted from each. A case is slower where its median grew beyond
/// the threshold and its fastest run is slower than the slowest one was: one disturbed median is no verdict.
/// </summary>
internal sealed class Comparison
{
    /// <summary>The default threshold.</summary>
    public const double DefaultThreshold = 1.15;

    // Of fewer cases the median may be the very one that became slower.
    private const int CasesForDrift = 20;

    /// <summary>Compares.</summary>
    /// <param name="old">As it was.</param>
    /// <param name="new">As it is.</param>
    /// <param name="threshold">A case whose normalised time grew by more than this factor is flagged; above 1.</param>
    public Comparison(BenchFile old, BenchFile @new, double threshold = DefaultThreshold)
    {
        (Old, New, Threshold) = (old, @new, threshold);
        var before = old.Records.GroupBy(record => record.Key).ToDictionary(group => group.Key, group => group.First());
        var after = @new.Records.DistinctBy(record => record.Key).ToList();
        List<ComparedCase> cases = [.. after.Where(record => before.ContainsKey(record.Key)).Select(record => Compare(before[record.Key], record))];
        Drift = cases.Where(one => one.Normalized is not null).GroupBy(one => one.New.Device).ToDictionary(
            device => device.Key, device => device.Count() < CasesForDrift ? 1 : Math.Max(1, new Sample("", [.. device.Select(one => one.Normalized!.Value)]).Median));
        Cases = [.. cases.Select(one => one with { Slower = one.Normalized is null ? one.Slower : IsSlower(one) })];
        Added = [.. after.Where(record => !before.ContainsKey(record.Key))];
        Gone = [.. before.Values.Where(record => after.TrueForAll(other => other.Key != record.Key))];
    }

    /// <summary>As it was.</summary>
    public BenchFile Old { get; }

    /// <summary>As it is.</summary>
    public BenchFile New { get; }

    /// <summary>Factor above which a case is flagged.</summary>
    public double Threshold { get; }

    /// <summary>Cases in both files.</summary>
    public IReadOnlyList<ComparedCase> Cases { get; }

    /// <summary>Cases in the new file only.</summary>
    public IReadOnlyList<BenchRecord> Added { get; }

    /// <summary>Cases in the old file only.</summary>
    public IReadOnlyList<BenchRecord> Gone { get; }

    /// <summary>The factor by which most cases of a device became slower beyond its peaks, at least 1; where it passes the threshold, that is flagged.</summary>
    public IReadOnlyDictionary<string, double> Drift { get; }

    /// <summary>Whether anything is slower, or has no right answer any more.</summary>
    public bool Flagged => Cases.Any(one => one.Slower) || Drift.Values.Any(drift => drift > Threshold);

    private ComparedCase Compare(BenchRecord before, BenchRecord after)
    {
        // Wrong where it was right is worse than slow; wrong in both is nothing new.
        if (before.OursMs is not { } oldMs || after.OursMs is not { } newMs)
            return new ComparedCase(before, after, null, null, before.OursMs is not null);
        var machine = Unit(New, after) / Unit(Old, before);
        return new ComparedCase(before, after, newMs / oldMs, newMs / oldMs / machine, false);
    }

    private bool IsSlower(ComparedCase one)
    {
        var drift = Drift[one.New.Device];
        var machine = one.Ratio / one.Normalized * drift;
        return one.Normalized / drift > Threshold && (one.New.OursMinMs ?? one.New.OursMs) / machine > (one.Old.OursMaxMs ?? one.Old.OursMs);
    }

    // The time that work of this size takes at best on the file's machine. Both files count the same work: the new record's, whose
    // counting is the newer. A case that counts neither operations nor bytes follows the processor's arithmetic.
    private double Unit(BenchFile file, BenchRecord after)
    {
        if (Old.Peak(after.Device) is null || New.Peak(after.Device) is null)
            return 1;
        var (flops, bytes) = after.Flops > 0 || after.Bytes > 0 ? (after.Flops, after.Bytes) : (1, 0);
        return file.Peak(after.Device)!.RooflineMs(flops, bytes);
    }
}
