using System.CommandLine;
using System.Globalization;
using System.Text;
using Blip.Bench.Reporting;

namespace Blip.Bench.Commands;

internal sealed class CompareCommand : Command
{
    private readonly TextWriter output;
    private readonly Argument<string> old = new("old") { Description = "A file that --json wrote.", HelpName = "OLD.json" };
    private readonly Argument<string> @new = new("new") { Description = "Another, of the same command.", HelpName = "NEW.json" };
    private readonly Option<double> threshold = BenchOptions.NumberAbove(
        "--threshold", "A case is flagged where its time grew by more than this factor, beyond what the machine's own peaks changed.",
            Comparison.DefaultThreshold, 1);

    public CompareCommand(TextWriter output)
        : base("compare", "Compares two files of records, and flags what became slower (exit code 1).")
    {
        this.output = output;
        Add(old);
        Add(@new);
        Add(threshold);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var comparison = new Comparison(
            BenchFile.Read(parsed.GetRequiredValue(old)), BenchFile.Read(parsed.GetRequiredValue(@new)), parsed.GetValue(threshold));
        var text = new StringBuilder();
        foreach (var (name, file) in new[] { ("old", comparison.Old), ("new", comparison.New) })
        {
            var peaks = file.Peaks.Select(
                peak => string.Create(CultureInfo.InvariantCulture, $"{peak.Device} {peak.FmaGflops:F0} GFLOP/s, {peak.ReadGbs:F1} GB/s"));
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{name}: {file.Processor}, `{file.Command}`, {file.Date:yyyy-MM-dd}; {string.Join("; ", peaks)}");
        }
        text.AppendLine();
        RecordTable.Append(
            text, ["work", "device", "variant", "precision", "peer", "old ms:", "new ms:", "ratio:", "by the peaks:", "verdict"],
        [
            .. comparison.Cases.OrderByDescending(one => one.Slower).ThenByDescending(one => one.Normalized)
                .Select(one => (IReadOnlyList<string>)
            [
                one.New.Work, one.New.Device, one.New.Variant, one.New.Precision, one.New.Peer
                    ?? "", Time(one.Old), Time(one.New), Factor(one.Ratio), Factor(one.Normalized),
                one.Slower ? one.New.OursMs is null ? "NO ANSWER" : "SLOWER" : "",
            ]),
        ]);
        foreach (var (what, records) in new[] { ("only in the new file", comparison.Added), ("only in the old file", comparison.Gone) })
        {
            if (records.Count > 0)
            {
                var names = records.Select(record => $"{record.Work} {record.Device} {record.Variant} {record.Precision}");
                text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{what}: {string.Join("; ", names)}");
            }
        }
        foreach (var (device, drift) in comparison.Drift.Where(drift => drift.Value > 1))
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture,
                $"{device}: most cases became slower together, by "
                    + $"{drift:F2}{(drift > comparison.Threshold ? "; that is flagged" : ", which is taken off each")}");
        }
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture,
            $"{comparison.Cases.Count} cases, {comparison.Cases.Count(one => one.Slower)} slower by more than {comparison.Threshold} in "
                + $"units of the peaks");
        output.Write(text);
        return comparison.Flagged ? 1 : 0;
    }

    private static string Time(BenchRecord record) =>
        record.OursMs is { } ms ? RecordTable.Milliseconds(ms) : record.Failure?.Split(':')[0] ?? "";

    private static string Factor(double? factor) => factor?.ToString("F2", CultureInfo.InvariantCulture) ?? "";
}
