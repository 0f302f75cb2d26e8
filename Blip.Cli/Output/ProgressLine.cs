using System.Diagnostics;
using System.Globalization;

namespace Blip.Cli.Output;

/// <summary>
/// A bar on the last line of the screen. It is taken away before anything else is written, so that results and messages on the same
/// screen stay whole; where nobody watches it writes nothing. (Spectre's live display owns one stream; results and bar are on two.)
/// </summary>
/// <param name="screen">Where it is drawn.</param>
/// <param name="visible">False where nobody watches.</param>
/// <param name="total">How many things there are to do.</param>
/// <param name="columns">The screen's width.</param>
/// <param name="things">What they are, in the plural.</param>
internal sealed class ProgressLine(TextWriter screen, bool visible, int total, Func<int>? columns = null, string things = "images")
{
    private const int Width = 24;
    private const string EraseLine = "\r\e[2K";
    private readonly long start = Stopwatch.GetTimestamp();
    private int done, skipped;
    private bool drawn;

    /// <summary>Shows a word or two in place of the bar: what the run waits for before there is anything to count.</summary>
    public void Announce(string activity) => Draw(activity);

    /// <summary>How far it is, in words.</summary>
    public override string ToString() => $"{done} of {total} {things} are done";

    /// <summary>Counts some that were done before: they say nothing of how fast this run is.</summary>
    public void Skip(int count) => done = skipped = count;

    /// <summary>Counts one, and draws the bar.</summary>
    public void Advance()
    {
        done++;
        if (done < total)
            Draw(Bar(done, total, Stopwatch.GetElapsedTime(start), things, skipped));
    }

    /// <summary>Draws the bar as it stands.</summary>
    public void Show() => Draw(Bar(done, total, Stopwatch.GetElapsedTime(start), things, skipped));

    /// <summary>Takes the bar away: something else is about to be written.</summary>
    public void Clear()
    {
        if (drawn)
            screen.Write(EraseLine);
        drawn = false;
    }

    /// <summary>The bar's text: done, of how many, how fast, how much longer.</summary>
    internal static string Bar(int done, int total, TimeSpan elapsed, string things, int skipped = 0)
    {
        var filled = total == 0 ? 0 : (int)((long)Width * done / total);
        var bar = new string('━', filled) + new string('─', Width - filled);
        if (done == skipped)
            return $"{bar} {done}/{total}";
        var rate = (done - skipped) / Math.Max(elapsed.TotalSeconds, 1e-3);
        var left = TimeSpan.FromSeconds((total - done) / rate);
        return string.Create(CultureInfo.InvariantCulture, $"{bar} {done}/{total}  {rate:0.0} {things}/s  {Clock(left)} left");
    }

    /// <summary>A time as a clock shows it: 1:02:03, or 2:03.</summary>
    internal static string Clock(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}" : $"{time.Minutes}:{time.Seconds:00}";

    private void Draw(string text)
    {
        if (!visible)
            return;
        // A line that wraps could not be taken away again.
        var room = Math.Max(0, (columns?.Invoke() ?? int.MaxValue) - 1);
        screen.Write(EraseLine + (text.Length > room ? text[..room] : text));
        drawn = true;
    }
}
