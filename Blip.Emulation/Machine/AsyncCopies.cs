namespace Blip.Emulation.Machine;

/// <summary>One thread's share of a cp.async instruction.</summary>
internal readonly record struct AsyncCopy(int Thread, ulong Source, ulong Target, int Bytes, int Size);

/// <summary>
/// The cp.async copies of a warp: those of the group that is still open, and the committed groups, oldest first. PTX counts groups per
/// thread; each copy carries the thread, so that lanes that commit apart keep their own groups.
/// </summary>
internal sealed class AsyncCopies
{
    private readonly List<AsyncCopy>[] open = Make();
    private readonly Queue<List<AsyncCopy>>[] groups = [.. Enumerable.Range(0, 32).Select(_ => new Queue<List<AsyncCopy>>())];

    public void Clear()
    {
        for (var lane = 0; lane < 32; lane++)
        {
            open[lane].Clear();
            groups[lane].Clear();
        }
    }

    public void Add(int lane, AsyncCopy copy) => open[lane].Add(copy);

    public void Commit(int lane)
    {
        groups[lane].Enqueue(open[lane]);
        open[lane] = [];
    }

    /// <summary>Takes what is complete once at most so many of the newest groups may be in flight.</summary>
    public List<AsyncCopy>? Complete(int lane, int newest) => groups[lane].Count > newest ? groups[lane].Dequeue() : null;

    /// <summary>Takes all, committed or not.</summary>
    public List<AsyncCopy>? CompleteAll(int lane)
    {
        if (Complete(lane, 0) is { } group)
            return group;
        if (open[lane].Count == 0)
            return null;
        Commit(lane);
        return Complete(lane, 0);
    }

    /// <summary>Whether a thread that ends leaves copies behind.</summary>
    public bool Any(int lane) => open[lane].Count > 0 || groups[lane].Any(group => group.Count > 0);

    private static List<AsyncCopy>[] Make() => [.. Enumerable.Range(0, 32).Select(_ => new List<AsyncCopy>())];
}
