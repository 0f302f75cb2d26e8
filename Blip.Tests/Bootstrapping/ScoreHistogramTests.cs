using Blip.Bootstrapping;
using Blip.Bootstrapping.Reports;
using Blip.Bootstrapping.Tables;
using SkiaSharp;

namespace Blip.Tests.Bootstrapping;

public class ScoreHistogramTests
{
    [Fact]
    public void Each_score_is_counted_in_its_bin_and_for_its_origin()
    {
        var histogram = new ScoreHistogram(ScoreKind.Itm, bins: 4, threshold: 0.5);
        foreach (var itm in new double?[] { 0, 0.2499, 0.25, 0.5, 0.75, 1, null, double.NaN })
            histogram.Add(Text(TextOrigin.Web, itm));
        histogram.Add(Text(TextOrigin.Synthetic, 0.49));
        histogram.Add(Text(TextOrigin.Web, 0.9) with { Text = null });
        histogram.Add(Text(TextOrigin.Web, 0.9) with { Source = null });

        Assert.Equal([2, 1, 1, 2], histogram.Counts(TextOrigin.Web));
        Assert.Equal([0, 1, 0, 0], histogram.Counts(TextOrigin.Synthetic));
        Assert.Equal([6, 1, 0], Enum.GetValues<TextOrigin>().Select(histogram.Total));
        Assert.Equal((3, 0), (histogram.Above(TextOrigin.Web), histogram.Above(TextOrigin.Synthetic)));
        Assert.Equal(2, histogram.Unscored);
    }

    [Theory]
    [InlineData(ScoreKind.Itc, -1, 1)]
    [InlineData(ScoreKind.LogProbability, -60, 0)]
    public void Other_scores_have_their_own_range_and_its_ends_hold_the_rest(ScoreKind kind, double minimum, double maximum)
    {
        var histogram = new ScoreHistogram(kind, bins: 2);
        foreach (var score in new[] { minimum - 9, minimum, maximum, maximum + 1e-7 })
            histogram.Add(Text(TextOrigin.Synthetic, 0.5) with { Itc = score, LogProbability = score });

        Assert.Equal((minimum, maximum), (histogram.Minimum, histogram.Maximum));
        Assert.Equal([2, 2], histogram.Counts(TextOrigin.Synthetic));
    }

    [Fact]
    public void The_text_shows_bars_counts_shares_and_the_threshold()
    {
        const string Drawn =
            """
            matching probability (ITM)
            0.00 ████████████████████████▒ 22  43.1%
            0.25 ▒                          1   2.0%
            ── threshold 0.50 ──────────────────────
            0.50 ███▒▒▒▒                    6  11.8%
            0.75 ███████▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░ 22  43.1%
            █ web: 30, 30.0% pass
            ▒ synthetic: 16, 87.5% pass
            ░ human: 5, 100.0% pass
            without a score: 1

            """;

        Assert.Equal(Drawn.ReplaceLineEndings("\n"), Sample().ToText(40));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(200)]
    public void No_line_is_wider_than_the_terminal(int columns)
    {
        var lines = Sample().ToText(columns).Split('\n');

        Assert.All(lines, line => Assert.InRange(line.Length, 0, columns));
        Assert.Contains(lines, line => line.Length == columns);
    }

    [Fact]
    public void A_histogram_of_nothing_says_so()
    {
        Assert.Equal("matching probability (ITM)\nno text has this score\n", new ScoreHistogram(ScoreKind.Itm).ToText());
    }

    [Fact]
    public void What_cannot_be_drawn_is_refused()
    {
        Assert.Equal("bins", Assert.Throws<ArgumentOutOfRangeException>(() => new ScoreHistogram(ScoreKind.Itm, 1)).ParamName);
        foreach (var threshold in new[] { 1.5, -0.1, double.NaN })
        {
            var exception = Assert.Throws<ArgumentOutOfRangeException>(() => new ScoreHistogram(ScoreKind.Itm, 10, threshold));
            Assert.Equal("threshold", exception.ParamName);
        }
        Assert.Equal("kind", Assert.Throws<ArgumentOutOfRangeException>(() => new ScoreHistogram((ScoreKind)9)).ParamName);
        Assert.Equal("columns", Assert.Throws<ArgumentOutOfRangeException>(() => Sample().ToText(10)).ParamName);
    }

    [Fact]
    public void The_image_has_bars_of_each_origin_the_threshold_and_words()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "histogram.png");

        Sample().ToPng(path);

        using var image = SKBitmap.Decode(path);
        var pixels = image.Pixels;
        long Area(byte red, byte green, byte blue) => pixels.LongCount(pixel => pixel == new SKColor(red, green, blue));
        Assert.InRange(Area(0x1F, 0x4E, 0x79), 50_000, 300_000);
        Assert.InRange(Area(0xF2, 0x9F, 0x3F), 20_000, 300_000);
        Assert.InRange(Area(0x7F, 0xC9, 0xA5), 5_000, 300_000);
        Assert.InRange(Area(0xB0, 0x1E, 0x1E), 500, 10_000);
        // Letters of the title.
        Assert.Contains(Enumerable.Range(110, 300), x => image.GetPixel(x, 40).Red < 0x60);
        Assert.Throws<DirectoryNotFoundException>(() => Sample().ToPng(Path.Combine(folder.Path, "none", "histogram.png")));
    }

    private static ScoreHistogram Sample()
    {
        var histogram = new ScoreHistogram(ScoreKind.Itm, bins: 4, threshold: 0.5);
        void Add(TextOrigin origin, double? itm, int times)
        {
            for (var i = 0; i < times; i++)
                histogram.Add(Text(origin, itm));
        }
        Add(TextOrigin.Web, 0.1, 21);
        Add(TextOrigin.Synthetic, 0.1, 1);
        Add(TextOrigin.Synthetic, 0.3, 1);
        Add(TextOrigin.Web, 0.6, 3);
        Add(TextOrigin.Synthetic, 0.6, 3);
        Add(TextOrigin.Web, 0.9, 6);
        Add(TextOrigin.Synthetic, 0.9, 11);
        Add(TextOrigin.Human, 0.9, 5);
        Add(TextOrigin.Human, null, 1);
        return histogram;
    }

    private static Candidate Text(TextOrigin origin, double? itm) =>
        new() { Shard = "00000", Index = 0, Key = "a", Source = origin, Text = "a dog", Itm = itm };
}
