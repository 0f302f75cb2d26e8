using System.Diagnostics;
using System.Globalization;

namespace Blip.Cli.Output;

/// <summary>
/// A bar on the last line of the screen. It is taken away before anything else is written, so that results and messages on the same
/// screen stay whole; without a screen it writes nothing. (Spectre's live display owns one stream; results and bar are on two.)
/// </summary>
/// <param name="screen">Where it is drawn.</param>
/// <param name="visible">False without a screen.</param>
/// <param name="total">How many things there are to do.</param>
/// <param name="columns">The screen's width.</param>
/// <param name="things">Their name, in the plural.</param>
internal sealed class ProgressLine(TextWriter screen, bool visible, int total, Func<int>? columns = null, string things = "images")
{
    private const int Width = 24, LeastWidth = 8;

    // Before that a guess at the rest would be wild.
    internal static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private const string EraseLine = "\r\e[2K";
    // Results of one batch come as close as this.
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(100);

    private readonly long start = Stopwatch.GetTimestamp();
    private long last = Stopwatch.GetTimestamp();
    private int done, skipped, batch;
    private bool drawn, hidden;

    /// <summary>Shows a word or two in place of the bar: the run's wait before there is anything to count.</summary>
    public void Announce(string activity) => Draw(activity);

    /// <summary>How far it is, in words.</summary>
    public override string ToString() => $"{done} of {total} {things} are done";

    /// <summary>How the run went, in a sentence: how many, how many of them failed, how long it took and how fast that was.</summary>
    /// <param name="failed">Failed ones.</param>
    public string Closing(int failed)
    {
        var (elapsed, now) = (Stopwatch.GetElapsedTime(start).TotalSeconds, done - skipped);
        var time = elapsed < 60 ? string.Create(CultureInfo.InvariantCulture, $"{elapsed:0.0} s") : Clock(TimeSpan.FromSeconds(elapsed));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{now - failed} {things} are done{(failed > 0 ? $", {failed} failed," : "")} in {time} ({now / Math.Max(elapsed, 1e-3):0.0} {things}/s)");
    }

    /// <summary>Counts some that were done before: they say nothing of how fast this run is.</summary>
    public void Skip(int count) => done = skipped = count;

    /// <summary>Counts one, and draws the bar.</summary>
    public void Advance()
    {
        var now = Stopwatch.GetTimestamp();
        batch = Stopwatch.GetElapsedTime(last, now) < Together ? batch + 1 : 1;
        (last, done) = (now, done + 1);
        if (done < total)
            Show();
    }

    /// <summary>Whether somebody sees it.</summary>
    public bool IsShown => visible && !hidden;

    /// <summary>Draws the bar as far as the work in hand may have come: the count shows finished work, the bar an estimate.</summary>
    public void Move()
    {
        // The rate is of finished work: a wait says nothing of it.
        var worked = Stopwatch.GetElapsedTime(start, last);
        Draw(Bar(done, total, worked, things, skipped, Room, Ahead(done - skipped, batch, worked, Stopwatch.GetElapsedTime(last))));
    }

    /// <summary>How many of the batch in hand are likely done: by the rate so far, and fewer than the last batch had.</summary>
    internal static double Ahead(int done, int batch, TimeSpan worked, TimeSpan sinceLast) =>
        done == 0 ? 0 : Math.Min(0.95 * batch, done / Math.Max(worked.TotalSeconds, 1e-3) * sinceLast.TotalSeconds);

    /// <summary>Draws the bar as it stands.</summary>
    public void Show() => Draw(Bar(done, total, Stopwatch.GetElapsedTime(start), things, skipped, Room));

    /// <summary>Takes the bar away for good.</summary>
    public void Hide()
    {
        Clear();
        hidden = true;
    }

    /// <summary>Takes the bar away: something else is about to be written.</summary>
    public void Clear()
    {
        if (drawn)
            screen.Write(EraseLine);
        drawn = false;
    }

    /// <summary>The bar's text: done, of how many, how fast, how much longer.</summary>
    internal static string Bar(int done, int total, TimeSpan elapsed, string things, int skipped = 0, int room = int.MaxValue, double ahead = 0)
    {
        var count = $"{done}/{total}";
        var (rate, left) = ("", "");
        if (done > skipped && elapsed >= Settled)
        {
            var perSecond = (done - skipped) / elapsed.TotalSeconds;
            rate = string.Create(CultureInfo.InvariantCulture, $"  {perSecond:0.0} {things}/s");
            left = $"  {Clock(TimeSpan.FromSeconds((total - done - ahead) / perSecond))} left";
        }
        return Layout(total == 0 ? 0 : Math.Min(1, (done + ahead) / total), count, rate, left, room);
    }

    /// <summary>A bar with the words behind it. On a narrow screen the rate goes first, then the bar grows short, then goes.</summary>
    internal static string Layout(double share, string count, string rate, string left, int room)
    {
        if (Width + 1 + count.Length + rate.Length + left.Length > room)
            rate = "";
        var width = Math.Min(Width, room - 1 - count.Length - left.Length);
        if (width < LeastWidth)
            return count + left;
        // A share such as 3 of 8 is a whole number of parts, in spite of rounding.
        var filled = Math.Clamp((int)((width * share) + 1e-9), 0, width);
        return $"{new string('━', filled)}{new string('─', width - filled)} {count}{rate}{left}";
    }

    /// <summary>A time as a clock shows it: 1:02:03, or 2:03.</summary>
    internal static string Clock(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}" : $"{time.Minutes}:{time.Seconds:00}";

    // A column stays free.
    private int Room => Math.Max(0, (columns?.Invoke() ?? int.MaxValue) - 1);

    private void Draw(string text)
    {
        if (!visible || hidden)
            return;
        // A line that wraps could not be taken away again.
        screen.Write(EraseLine + (text.Length > Room ? text[..Room] : text));
        drawn = true;
    }
}
