using System.Diagnostics;

namespace Blip.Runtime.Hub;

/// <summary>Counts a download's bytes. Pieces report problems from several threads.</summary>
internal sealed class PullProgress(string name, IProgress<HubProgress>? progress)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private string? told;
    private long toldAt;
    private long bytes, earlier, unwritten;

    public long Total { get; set; }

    public string? File { get; set; }

    public long Downloaded { get; private set; }

    public void Had(long count)
    {
        lock (gate)
        {
            bytes += count;
            earlier += count;
            Report();
        }
    }

    public void Advance(long count)
    {
        lock (gate)
        {
            bytes += count;
            unwritten += count;
            Downloaded += count;
            Report();
        }
    }

    /// <summary>Counts received bytes as written.</summary>
    public void Wrote(long count)
    {
        lock (gate)
            unwritten -= count;
    }

    /// <summary>Takes back received but unwritten bytes, after the download has ended.</summary>
    public void Lose()
    {
        lock (gate)
        {
            if (unwritten == 0)
                return;
            bytes -= unwritten;
            Downloaded -= unwritten;
            unwritten = 0;
            Report();
        }
    }

    /// <summary>Takes back unusable bytes, <paramref name="had"/> of which were present before.</summary>
    public void TakeBack(long count, long had)
    {
        lock (gate)
        {
            bytes -= count;
            earlier -= had;
            Report();
        }
    }

    /// <summary>Sends a message, once if several connections have the same problem.</summary>
    public void Tell(string notice)
    {
        lock (gate)
        {
            if (notice == told && Stopwatch.GetElapsedTime(toldAt) < Again)
                return;
            (told, toldAt) = (notice, Stopwatch.GetTimestamp());
            Report(notice);
        }
    }

    private void Report(string? notice = null) => progress?.Report(new HubProgress(name, File, bytes, Total, earlier, notice));
}
