namespace Blip.Bench.Reporting;

/// <summary>
/// One case of two files. The ratio is new median / old median. <c>Normalized</c> is relative to both files' peaks; null without a time.
/// </summary>
internal sealed record ComparedCase(BenchRecord Old, BenchRecord New, double? Ratio, double? Normalized, bool Slower);

/// <summary>
/// Compares two benchmark runs by case. Times are in units of the roofline of each file's peaks, so that another machine, or a slow day,
/// does not flag everything. Slow minutes after the peaks' measurement remain: a loss that most cases of a device share is subtracted. A
/// case is slower if its median grew beyond the threshold and its fastest new run is slower than the slowest old one. One disturbed median
/// is not enough.
/// </summary>
internal sealed class Comparison
{
    public const double DefaultThreshold = 1.15;

    // With fewer cases the median may be the one that became slower.
    private const int CasesForDrift = 20;

    /// <summary>Compares two files.</summary>
    /// <param name="old">The old file.</param>
    /// <param name="new">The new file.</param>
    /// <param name="threshold">The growth in normalised time, above 1, that is flagged.</param>
    public Comparison(BenchFile old, BenchFile @new, double threshold = DefaultThreshold)
    {
        (Old, New, Threshold) = (old, @new, threshold);
        var before = old.Records.GroupBy(record => record.Key).ToDictionary(group => group.Key, group => group.First());
        var after = @new.Records.DistinctBy(record => record.Key).ToList();
        List<ComparedCase> cases =
            [.. after.Where(record => before.ContainsKey(record.Key)).Select(record => Compare(before[record.Key], record))];
        Drift = cases.Where(one => one.Normalized is not null).GroupBy(one => one.New.Device).ToDictionary(
            device => device.Key, device =>
                device.Count() < CasesForDrift ? 1 : Math.Max(1, new Sample("", [.. device.Select(one => one.Normalized!.Value)]).Median));
        Cases = [.. cases.Select(one => one with { Slower = one.Normalized is null ? one.Slower : IsSlower(one) })];
        Added = [.. after.Where(record => !before.ContainsKey(record.Key))];
        Gone = [.. before.Values.Where(record => after.TrueForAll(other => other.Key != record.Key))];
    }

    public BenchFile Old { get; }

    public BenchFile New { get; }

    /// <summary>The factor beyond which cases are flagged.</summary>
    public double Threshold { get; }

    /// <summary>Cases in both files.</summary>
    public IReadOnlyList<ComparedCase> Cases { get; }

    /// <summary>Cases in the new file only.</summary>
    public IReadOnlyList<BenchRecord> Added { get; }

    /// <summary>Cases in the old file only.</summary>
    public IReadOnlyList<BenchRecord> Gone { get; }

    /// <summary>
    /// The factor, at least 1, by which most cases of a device became slower beyond its peaks. Above the threshold it is flagged.
    /// </summary>
    public IReadOnlyDictionary<string, double> Drift { get; }

    /// <summary>Whether anything is slower, or lost its right answer.</summary>
    public bool Flagged => Cases.Any(one => one.Slower) || Drift.Values.Any(drift => drift > Threshold);

    private ComparedCase Compare(BenchRecord before, BenchRecord after)
    {
        // A newly wrong answer is worse than a slow one; wrong in both is not new.
        if (before.OursMs is not { } oldMs || after.OursMs is not { } newMs)
            return new ComparedCase(before, after, null, null, before.OursMs is not null);
        var machine = Unit(New, after) / Unit(Old, before);
        return new ComparedCase(before, after, newMs / oldMs, newMs / oldMs / machine, false);
    }

    private bool IsSlower(ComparedCase one)
    {
        var drift = Drift[one.New.Device];
        var machine = one.Ratio / one.Normalized * drift;
        return one.Normalized / drift > Threshold
            && (one.New.OursMinMs ?? one.New.OursMs) / machine > (one.Old.OursMaxMs ?? one.Old.OursMs);
    }

    // The least time of this work on the file's machine. Both files use the new record's counts. A case without counts follows the
    // processor's arithmetic.
    private double Unit(BenchFile file, BenchRecord after)
    {
        if (Old.Peak(after.Device) is null || New.Peak(after.Device) is null)
            return 1;
        var (flops, bytes) = after.Flops > 0 || after.Bytes > 0 ? (after.Flops, after.Bytes) : (1, 0);
        return file.Peak(after.Device)!.RooflineMs(flops, bytes);
    }
}
