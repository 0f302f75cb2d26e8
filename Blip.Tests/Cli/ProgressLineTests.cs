using Blip.Cli.Output;

namespace Blip.Tests.Cli;

public class ProgressLineTests
{
    [Theory]
    [InlineData(0, 8, 0, "──────────────────────── 0/8")]
    [InlineData(2, 8, 4, "━━━━━━────────────────── 2/8  0.5 images/s  0:12 left")]
    [InlineData(8, 8, 4, "━━━━━━━━━━━━━━━━━━━━━━━━ 8/8  2.0 images/s  0:00 left")]
    [InlineData(2, 7202, 2, "──────────────────────── 2/7202  1.0 images/s  2:00:00 left")]
    [InlineData(1, 7201, 1, "──────────────────────── 1/7201")]
    public void BarTellsHowFarHowFastAndHowLong(int done, int total, int seconds, string expected) =>
        Assert.Equal(expected, ProgressLine.Bar(done, total, TimeSpan.FromSeconds(seconds), "images"));

    [Theory]
    [InlineData(60, "━━━━━━────────────────── 2/8  0.5 images/s  0:12 left")]
    [InlineData(45, "━━━━━━────────────────── 2/8  0:12 left")]
    [InlineData(30, "━━━──────────── 2/8  0:12 left")]
    [InlineData(16, "2/8  0:12 left")]
    public void ANarrowScreenGetsLessOfIt(int room, string expected) =>
        Assert.Equal(expected, ProgressLine.Bar(2, 8, TimeSpan.FromSeconds(4), "images", room: room));

    [Fact]
    public void NothingIsWrittenWhereNobodyWatches()
    {
        var screen = new StringWriter();
        var progress = new ProgressLine(screen, visible: false, total: 3);
        progress.Announce("loading");
        progress.Advance();
        progress.Clear();
        Assert.Equal("", screen.ToString());
    }

    [Fact]
    public void TheBarIsTakenAwayBeforeSomethingElseIsWritten()
    {
        var screen = new StringWriter();
        var progress = new ProgressLine(screen, visible: true, total: 2);
        progress.Advance();
        Assert.Contains("1/2", screen.ToString(), StringComparison.Ordinal);
        progress.Clear();
        Assert.EndsWith("\r\e[2K", screen.ToString(), StringComparison.Ordinal);
        var length = screen.ToString().Length;
        progress.Clear();
        Assert.Equal(length, screen.ToString().Length);
    }

    [Theory, InlineData(40), InlineData(12), InlineData(1)]
    public void TheBarStaysOnOneLineOfANarrowScreen(int columns)
    {
        var screen = new StringWriter();
        var progress = new ProgressLine(screen, visible: true, total: 1000, () => columns);
        progress.Advance();
        progress.Advance();
        Assert.All(screen.ToString().Split("\r\e[2K"), line => Assert.InRange(line.Length, 0, columns - 1));
    }
}
