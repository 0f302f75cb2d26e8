using System.Diagnostics;
using System.Globalization;
using Blip.Runtime.Hub;

namespace Blip.Cli.Output;

/// <summary>A download: one bar over all files on a screen, otherwise a line now and then.</summary>
internal sealed class DownloadView(Terminal terminal, string model) : IProgress<HubProgress>
{
    // Lines per download without a screen.
    private const int Lines = 10;

    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(100);

    private readonly ProgressLine line = new(terminal.Error, terminal.ShowsProgress, 0, terminal.Columns);
    private readonly Lock guard = new();
    private HubProgress? last;
    private long start = Stopwatch.GetTimestamp(), drawn;
    private int told;

    public void Announce(string activity) => line.Announce(activity);

    public void Clear()
    {
        lock (guard)
            line.Clear();
    }

    /// <inheritdoc/>
    public void Report(HubProgress value)
    {
        lock (guard)
        {
            if (last is null)
                start = Stopwatch.GetTimestamp();
            last = value;
            if (value.Notice is { } notice)
            {
                line.Clear();
                terminal.Note(notice);
            }
            if (terminal.ShowsProgress)
                Draw(value);
            else
                TellShare(value);
        }
    }

    /// <summary>The finished download in a sentence.</summary>
    public string Closing(PulledModel pulled)
    {
        var files = $"{pulled.Files.Count} files, {Disk.Words(pulled.Bytes)}";
        if (pulled.DownloadedBytes == 0)
            return $"{model} is here: {files}";
        var elapsed = Stopwatch.GetElapsedTime(start);
        var time = elapsed.TotalSeconds < 60
            ? string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalSeconds:0.0} s")
            : ProgressLine.Clock(elapsed);
        return $"{model} is here: {files}; {Disk.Words(pulled.DownloadedBytes)} came in {time}"
            + $" ({Disk.Words((long)(pulled.DownloadedBytes / Math.Max(elapsed.TotalSeconds, 1e-3)))}/s)";
    }

    public string Interrupted() => last is null or { TotalBytes: 0 }
        ? "interrupted; nothing was downloaded"
        : $"interrupted; {Disk.Words(last.Bytes)} of {Disk.Words(last.TotalBytes)} are here, and the same command goes on with them";

    /// <summary>The bar's text: bytes, total, rate, time left.</summary>
    internal static string Bar(HubProgress value, TimeSpan elapsed, int room = int.MaxValue)
    {
        var (rate, left) = ("", "");
        if (value.Bytes > value.EarlierBytes && elapsed >= ProgressLine.Settled)
        {
            var perSecond = (value.Bytes - value.EarlierBytes) / elapsed.TotalSeconds;
            rate = $"  {Disk.Words((long)perSecond)}/s";
            left = $"  {ProgressLine.Clock(TimeSpan.FromSeconds((value.TotalBytes - value.Bytes) / perSecond))} left";
        }
        var share = value.TotalBytes == 0 ? 0 : (double)value.Bytes / value.TotalBytes;
        return ProgressLine.Layout(share, $"{Disk.Words(value.Bytes)} of {Disk.Words(value.TotalBytes)}", rate, left, room);
    }

    private void Draw(HubProgress value)
    {
        // Drawing for each received part would take longer than receiving it.
        if (drawn != 0 && Stopwatch.GetElapsedTime(drawn) < Frame && value.Notice is null)
            return;
        drawn = Stopwatch.GetTimestamp();
        line.Announce(Bar(value, Stopwatch.GetElapsedTime(start), terminal.Columns() - 1));
    }

    private void TellShare(HubProgress value)
    {
        var share = value.TotalBytes == 0 ? 0 : (int)(Lines * value.Bytes / value.TotalBytes);
        if (share <= told || share == Lines)
            return;
        told = share;
        terminal.Note($"{model}: {Disk.Words(value.Bytes)} of {Disk.Words(value.TotalBytes)}");
    }
}
