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
    public void Bar_tells_how_far_how_fast_and_how_long(int done, int total, int seconds, string expected) =>
        Assert.Equal(expected, ProgressLine.Bar(done, total, TimeSpan.FromSeconds(seconds), "images"));

    [Theory]
    [InlineData(60, "━━━━━━────────────────── 2/8  0.5 images/s  0:12 left")]
    [InlineData(45, "━━━━━━────────────────── 2/8  0:12 left")]
    [InlineData(30, "━━━──────────── 2/8  0:12 left")]
    [InlineData(16, "2/8  0:12 left")]
    public void A_narrow_screen_gets_less_of_it(int room, string expected) =>
        Assert.Equal(expected, ProgressLine.Bar(2, 8, TimeSpan.FromSeconds(4), "images", room: room));

    [Theory]
    [InlineData(0, 0, 0, 5, 0)]
    [InlineData(8, 8, 4, 1, 2)]
    [InlineData(8, 8, 4, 60, 7.6)]
    [InlineData(5, 1, 5, 3, 0.95)]
    public void Within_a_batch_the_bar_goes_ahead_by_the_rate_and_never_to_the_next(
        int done, int batch, double worked, double since, double expected) =>
        Assert.Equal(expected, ProgressLine.Ahead(done, batch, TimeSpan.FromSeconds(worked), TimeSpan.FromSeconds(since)), 9);

    [Fact]
    public void A_bar_that_is_ahead_counts_what_is_done_alone() =>
        Assert.Equal("━━━━━━━━━─────────────── 2/8  0.5 images/s  0:10 left",
            ProgressLine.Bar(2, 8, TimeSpan.FromSeconds(4), "images", ahead: 1));

    [Fact]
    public async Task The_bar_moves_while_a_result_is_waited_for()
    {
        var screen = new StringWriter();
        var progress = new ProgressLine(screen, visible: true, total: 4);
        var drawn = 0;
        await foreach (var result in Slow().MovingAsync(progress))
        {
            drawn = screen.ToString().Split('\r').Length;
            progress.Advance();
        }
        Assert.True(drawn >= 3, $"the bar was drawn {drawn - 1} times");

        async IAsyncEnumerable<int> Slow()
        {
            yield return 1;
            await Task.Delay(1200, TestContext.Current.CancellationToken);
            yield return 2;
        }
    }

    [Fact]
    public void Nothing_is_written_where_nobody_watches()
    {
        var screen = new StringWriter();
        var progress = new ProgressLine(screen, visible: false, total: 3);
        progress.Announce("loading");
        progress.Advance();
        progress.Clear();
        Assert.Equal("", screen.ToString());
    }

    [Fact]
    public void The_bar_is_taken_away_before_something_else_is_written()
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
    public void The_bar_stays_on_one_line_of_a_narrow_screen(int columns)
    {
        var screen = new StringWriter();
        var progress = new ProgressLine(screen, visible: true, total: 1000, () => columns);
        progress.Advance();
        progress.Advance();
        Assert.All(screen.ToString().Split("\r\e[2K"), line => Assert.InRange(line.Length, 0, columns - 1));
    }
}
