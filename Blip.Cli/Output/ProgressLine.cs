using System.Diagnostics;
using System.Globalization;

namespace Blip.Cli.Output;

/// <summary>
/// A bar on the screen's last line. It is erased before other output, so that results and messages on the same screen
/// stay whole. (Spectre's live display owns one stream; results and bar use two.) <paramref name="things"/> is a plural.
/// </summary>
internal sealed class ProgressLine(TextWriter screen, bool visible, int total, Func<int>? columns = null, string things = "images")
{
    private const int Width = 24, LeastWidth = 8;

    // Earlier estimates of the time left would be wild.
    internal static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private const string EraseLine = "\r\e[2K";
    // Results of one batch arrive within this time.
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(100);

    private readonly long start = Stopwatch.GetTimestamp();
    private long last = Stopwatch.GetTimestamp();
    private int done, skipped, batch;
    private bool drawn, hidden;

    /// <summary>Shows text instead of the bar, while there is nothing to count.</summary>
    public void Announce(string activity) => Draw(activity);

    /// <summary>The progress in words.</summary>
    public override string ToString() => $"{done} of {total} {things} are done";

    /// <summary>A closing sentence: how many are done and failed, the time and the rate.</summary>
    public string Closing(int failed)
    {
        var (elapsed, now) = (Stopwatch.GetElapsedTime(start).TotalSeconds, done - skipped);
        var time = elapsed < 60 ? string.Create(CultureInfo.InvariantCulture, $"{elapsed:0.0} s") : Clock(TimeSpan.FromSeconds(elapsed));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{now - failed} {things} are done{(failed > 0 ? $", {failed} failed," : "")} in {time} ({now / Math.Max(elapsed, 1e-3):0.0} "
                + $"{things}/s)");
    }

    /// <summary>Counts work of an earlier run, which does not affect the rate.</summary>
    public void Skip(int count) => done = skipped = count;

    /// <summary>Counts one and draws the bar.</summary>
    public void Advance()
    {
        var now = Stopwatch.GetTimestamp();
        batch = Stopwatch.GetElapsedTime(last, now) < Together ? batch + 1 : 1;
        (last, done) = (now, done + 1);
        if (done < total)
            Show();
    }

    public bool IsShown => visible && !hidden;

    /// <summary>Redraws the bar: the count shows finished work, the bar an estimate with the current batch.</summary>
    public void Move()
    {
        // The rate of finished work, without the current wait.
        var worked = Stopwatch.GetElapsedTime(start, last);
        Draw(Bar(done, total, worked, things, skipped, Room, Ahead(done - skipped, batch, worked, Stopwatch.GetElapsedTime(last))));
    }

    /// <summary>The likely progress of the current batch: by the rate so far, but below the last batch's size.</summary>
    internal static double Ahead(int done, int batch, TimeSpan worked, TimeSpan sinceLast) =>
        done == 0 ? 0 : Math.Min(0.95 * batch, done / Math.Max(worked.TotalSeconds, 1e-3) * sinceLast.TotalSeconds);

    public void Show() => Draw(Bar(done, total, Stopwatch.GetElapsedTime(start), things, skipped, Room));

    /// <summary>Removes the bar for good.</summary>
    public void Hide()
    {
        Clear();
        hidden = true;
    }

    /// <summary>Removes the bar before other output.</summary>
    public void Clear()
    {
        if (drawn)
            screen.Write(EraseLine);
        drawn = false;
    }

    /// <summary>The bar's text: done, total, rate, time left.</summary>
    internal static string Bar(
        int done, int total, TimeSpan elapsed, string things, int skipped = 0, int room = int.MaxValue, double ahead = 0)
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

    /// <summary>A bar and its text. On a narrow screen first the rate is dropped, then the bar shrinks and disappears.</summary>
    internal static string Layout(double share, string count, string rate, string left, int room)
    {
        if (Width + 1 + count.Length + rate.Length + left.Length > room)
            rate = "";
        var width = Math.Min(Width, room - 1 - count.Length - left.Length);
        if (width < LeastWidth)
            return count + left;
        // The addend undoes rounding where a share such as 3/8 is a whole number of parts.
        var filled = Math.Clamp((int)((width * share) + 1e-9), 0, width);
        return $"{new string('━', filled)}{new string('─', width - filled)} {count}{rate}{left}";
    }

    /// <summary>A time as 1:02:03 or 2:03.</summary>
    internal static string Clock(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}" : $"{time.Minutes}:{time.Seconds:00}";

    // One column stays free.
    private int Room => Math.Max(0, (columns?.Invoke() ?? int.MaxValue) - 1);

    private void Draw(string text)
    {
        if (!visible || hidden)
            return;
        // A wrapped line could not be erased.
        screen.Write(EraseLine + (text.Length > Room ? text[..Room] : text));
        drawn = true;
    }
}
