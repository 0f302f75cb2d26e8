using System.Diagnostics;

namespace Blip.Runtime.Hub;

/// <summary>Counts the bytes of a download; pieces tell of their troubles from several threads.</summary>
/// <param name="name">The model.</param>
/// <param name="progress">Is told; may be null.</param>
internal sealed class PullProgress(string name, IProgress<HubProgress>? progress)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private string? told;
    private long toldAt;
    private long bytes, earlier, unwritten;

    /// <summary>Bytes of all files.</summary>
    public long Total { get; set; }

    /// <summary>The file that comes at the moment.</summary>
    public string? File { get; set; }

    /// <summary>Bytes that came over the network.</summary>
    public long Downloaded { get; private set; }

    /// <summary>Counts bytes that were here before.</summary>
    public void Had(long count)
    {
        lock (gate)
        {
            bytes += count;
            earlier += count;
            Report();
        }
    }

    /// <summary>Counts bytes that came.</summary>
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

    /// <summary>Counts those of them that are written.</summary>
    public void Wrote(long count)
    {
        lock (gate)
            unwritten -= count;
    }

    /// <summary>Takes back bytes that came and were not written: the download has ended before.</summary>
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

    /// <summary>Takes bytes back that are good for nothing.</summary>
    /// <param name="count">How many.</param>
    /// <param name="had">How many of them were here before.</param>
    public void TakeBack(long count, long had)
    {
        lock (gate)
        {
            bytes -= count;
            earlier -= had;
            Report();
        }
    }

    /// <summary>Tells a sentence; of the same trouble of several connections at once.</summary>
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
