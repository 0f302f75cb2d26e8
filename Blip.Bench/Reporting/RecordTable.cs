using System.Globalization;
using System.Text;

namespace Blip.Bench.Reporting;

/// <summary>Records as a Markdown table, readable in a terminal, and as single lines.</summary>
internal static class RecordTable
{
    // Headings and cells. Empty columns are left out. A heading ending in ':' aligns right.
    private static readonly (string Heading, Func<BenchRecord, DevicePeak?, string> Cell)[] Columns =
    [
        ("work", (record, _) => record.Work),
        ("device", (record, _) => record.Device),
        ("variant", (record, _) => record.Variant),
        ("precision", (record, _) => record.Precision),
        ("ms:", (record, _) => record.OursMs is { } ms ? Milliseconds(ms) : record.Failure?.Split(':')[0] ?? ""),
        ("spread:", (record, _) => Spread(record.OursMinMs, record.OursMaxMs)),
        ("per second:", (record, _) => Number(record.PerSecond, "F1")),
        ("GFLOP/s:", (record, _) => Number(record.GigaFlops, "F1")),
        ("% of FMA:", (record, peak) => Number(100 * record.GigaFlops / peak?.FmaGflops, "F0")),
        ("GB/s:", (record, _) => Number(record.GigaBytes, "F1")),
        ("% of reading:", (record, peak) => Number(100 * record.GigaBytes / peak?.ReadGbs, "F0")),
        ("MiB:", (record, _) => Number(record.OursMebibytes, "F0")),
        ("error:", (record, _) => Number(record.Error, "F2")),
        ("rms error:", (record, _) => Number(record.RmsError, "E1")),
        ("peer", (record, _) => record.Peer ?? ""),
        ("its precision", (record, _) => record.PeerPrecision ?? ""),
        ("peer ms:", (record, _) => record.PeerMs is { } ms ? Milliseconds(ms) : ""),
        ("its spread:", (record, _) => Spread(record.PeerMinMs, record.PeerMaxMs)),
        ("peer MiB:", (record, _) => Number(record.PeerMebibytes, "F0")),
        ("times as fast:", (record, _) => Number(record.Ratio, "F2")),
        ("by round:", (record, _) => record.RatioMin is null ? "" : $"{Number(record.RatioMin, "F2")}–{Number(record.RatioMax, "F2")}"),
        ("target:", (record, _) =>
            record.Target is { } target ? $"{Number(target, "F2")} {(record.Ratio >= target ? "met" : "missed")}" : ""),
    ];

    /// <summary>A file's machine, peaks and records.</summary>
    public static string Markdown(BenchFile file)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{file.Processor}, {file.Cores} cores, {file.Runtime}: `{file.Command}`, {file.Date:yyyy-MM-dd}").AppendLine();
        foreach (var peak in file.Peaks)
            text.AppendLine(CultureInfo.InvariantCulture,
                $"- {peak.Device} ({peak.Name}): at most {peak.FmaGflops:F0} GFLOP/s, reads {peak.ReadGbs:F1} GB/s");
        if (file.Peaks.Count > 0)
            text.AppendLine();
        Append(text, file.Records.Select(
            record => (IReadOnlyList<string>)[.. Columns.Select(column => column.Cell(record, file.Peak(record.Device)))]).ToList());
        return text.ToString();
    }

    public static string Line(BenchRecord record, DevicePeak? peak)
    {
        var cells = Columns.Skip(1).Select(column => (Heading: column.Heading.TrimEnd(':'), Text: column.Cell(record, peak)))
            .Where(cell => cell.Text.Length > 0)
            .Select(cell => cell.Heading is "device" or "variant" or "precision" ? cell.Text : $"{cell.Text} {cell.Heading}");
        return $"{record.Work}: {string.Join(", ", cells)}"
            + (record.Failure is null ? "" : $" — {record.Failure}");
    }

    /// <summary>A Markdown table without empty columns; headings as above.</summary>
    public static void Append(StringBuilder text, IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var shown = Enumerable.Range(0, headings.Count).Where(column => rows.Any(row => row[column].Length > 0)).ToArray();
        var widths = shown.Select(column => rows.Select(row => row[column].Length).Append(headings[column].TrimEnd(':').Length).Max())
            .ToArray();
        text.AppendLine(Row(column => headings[shown[column]].TrimEnd(':')));
        text.Append('|').AppendJoin('|',
            shown.Select((column, i) =>
            headings[column].EndsWith(':') ? $"{new string('-', widths[i] + 1)}:" : new string('-', widths[i] + 2))).AppendLine("|");
        foreach (var row in rows)
            text.AppendLine(Row(column => row[shown[column]]));

        string Row(Func<int, string> cell) => $"| {string.Join(" | ", shown.Select((column, i) =>
            headings[column].EndsWith(':') ? cell(i).PadLeft(widths[i]) : cell(i).PadRight(widths[i])))} |";
    }

    /// <summary>Milliseconds with four significant digits.</summary>
    public static string Milliseconds(double ms) =>
        ms.ToString(ms >= 1000 ? "F0" : ms >= 100 ? "F1" : ms >= 10 ? "F2" : ms >= 1 ? "F3" : "F4", CultureInfo.InvariantCulture);

    private static void Append(StringBuilder text, IReadOnlyList<IReadOnlyList<string>> rows) =>
        Append(text, [.. Columns.Select(column => column.Heading)], rows);

    private static string Spread(double? least, double? most) =>
        least is null || most is null ? "" : $"{Milliseconds(least.Value)}–{Milliseconds(most.Value)}";

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
