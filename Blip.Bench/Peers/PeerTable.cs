using System.Globalization;
using System.Text;
using Blip.Bench.Reporting;

namespace Blip.Bench.Peers;

/// <summary>Records beside their targets, as a Markdown table that a terminal shows as well.</summary>
internal static class PeerTable
{
    private static readonly (string Heading, Func<BenchRecord, string> Cell)[] s_columns =
    [
        ("work", record => record.Work),
        ("precision", record => record.Precision),
        ("ms", record => Times(record.OursMs, record.OursMinMs, record.OursMaxMs)),
        ("peer", record => record.Peer ?? ""),
        ("its ms", record => Times(record.PeerMs, record.PeerMinMs, record.PeerMaxMs)),
        ("times as fast", record => string.Create(CultureInfo.InvariantCulture, $"{record.Ratio:F2} ({record.RatioMin:F2}–{record.RatioMax:F2})")),
        ("target", record => record.Target is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{record.Target:F2}, {(record.Ratio >= record.Target ? "met" : "missed")}")),
    ];

    /// <summary>The table: medians, and in brackets the least and the most of the rounds.</summary>
    public static string Markdown(IReadOnlyList<BenchRecord> records)
    {
        var widths = s_columns.Select(column => records.Select(record => column.Cell(record).Length).Append(column.Heading.Length).Max()).ToArray();
        var text = new StringBuilder();
        Row(i => s_columns[i].Heading);
        Row(i => new string('-', widths[i]));
        foreach (var record in records)
            Row(i => s_columns[i].Cell(record));
        return text.ToString();

        void Row(Func<int, string> cell) => text.Append("| ").AppendJoin(" | ", widths.Select((width, i) => cell(i).PadRight(width))).AppendLine(" |");
    }

    /// <summary>One record as a line.</summary>
    public static string Line(BenchRecord record) => $"  {string.Join("  ", s_columns.Select(column => column.Cell(record)).Where(cell => cell.Length > 0))}";

    private static string Times(double? median, double? min, double? max) =>
        string.Create(CultureInfo.InvariantCulture, $"{median:F1} ({min:F1}–{max:F1})");
}
