using System.Globalization;
using System.Text;
using Blip.Bootstrapping.Tables;

namespace Blip.Bootstrapping.Reports;

/// <summary>A histogram in characters. Each origin has a shade, so colour is unnecessary.</summary>
internal static class HistogramText
{
    private const int LeastColumns = 40;

    private const int ShareWidth = 7;

    public static string Draw(ScoreHistogram histogram, int columns)
    {
        if (columns < LeastColumns)
            throw new ArgumentOutOfRangeException(nameof(columns), columns, $"A histogram takes {LeastColumns} columns or more.");
        var text = new StringBuilder();
        text.Append(histogram.Label).Append('\n');
        var total = histogram.Used.Sum(histogram.Total);
        if (total == 0)
            return text.Append("no text has this score").Append('\n').ToString();
        var label = Enumerable.Range(0, histogram.Bins).Max(bin => histogram.Number(histogram.Start(bin)).Length);
        var numbers = Count(histogram.Highest).Length;
        var width = columns - label - 1 - 1 - numbers - ShareWidth;
        for (var bin = 0; bin < histogram.Bins; bin++)
        {
            if (IsMarked(histogram, bin))
                text.Append(Rule(histogram, columns)).Append('\n');
            var count = histogram.Used.Sum(origin => histogram.Counts(origin)[bin]);
            text.Append(histogram.Number(histogram.Start(bin)).PadLeft(label)).Append(' ')
                .Append(Bar(histogram, bin, width).PadRight(width)).Append(' ')
                .Append(Count(count).PadLeft(numbers)).Append(Share(count, total).PadLeft(ShareWidth)).Append('\n');
        }
        foreach (var origin in histogram.Used)
            text.Append(Legend(histogram, origin)).Append('\n');
        if (histogram.Unscored > 0)
            text.Append($"without a score: {Count(histogram.Unscored)}").Append('\n');
        return text.ToString();
    }

    private static bool IsMarked(ScoreHistogram histogram, int bin) =>
        histogram.Threshold is { } threshold && histogram.BinOf(threshold) == bin;

    private static string Rule(ScoreHistogram histogram, int columns)
    {
        var words = $"── threshold {histogram.Number(histogram.Threshold!.Value)} ";
        return words.PadRight(columns, '─');
    }

    // Rounds the ends of parts, not their lengths, so that the whole bar fits its count.
    private static string Bar(ScoreHistogram histogram, int bin, int width)
    {
        var bar = new StringBuilder();
        var sum = 0L;
        foreach (var origin in histogram.Used)
        {
            sum += histogram.Counts(origin)[bin];
            var end = (int)Math.Round((double)sum / histogram.Highest * width);
            bar.Append(Shade(origin), end - bar.Length);
        }
        // Marks a small bin.
        return bar.Length == 0 && sum > 0 ? "▏" : bar.ToString();
    }

    private static string Legend(ScoreHistogram histogram, TextOrigin origin)
    {
        var total = histogram.Total(origin);
        var line = $"{Shade(origin)} {TextOrigins.Name(origin)}: {Count(total)}";
        return histogram.Threshold is null ? line : $"{line}, {Share(histogram.Above(origin), total).Trim()} pass";
    }

    private static char Shade(TextOrigin origin) => origin switch
    {
        TextOrigin.Web => '█',
        TextOrigin.Synthetic => '▒',
        TextOrigin.Human => '░',
        _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "There is no such origin of a text."),
    };

    internal static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    internal static string Share(long count, long total) => (count / (double)total).ToString("0.0%", CultureInfo.InvariantCulture);
}
