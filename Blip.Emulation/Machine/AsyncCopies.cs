namespace Blip.Emulation.Machine;

/// <summary>One thread's share of a cp.async instruction.</summary>
internal readonly record struct AsyncCopy(int Thread, ulong Source, ulong Target, int Bytes, int Size);

/// <summary>
/// The cp.async copies of a warp. PTX counts groups per thread: each lane has its own queue, oldest first, and each copy the number of its
/// lane's group.
/// </summary>
internal sealed class AsyncCopies
{
    private readonly Queue<(int Group, AsyncCopy Copy)>?[] queues = new Queue<(int, AsyncCopy)>?[32];

    // The number of the group that is still open.
    private readonly int[] open = new int[32];

    public void Clear()
    {
        Array.Clear(open);
        foreach (var queue in queues)
            queue?.Clear();
    }

    public void Add(int lane, AsyncCopy copy) => (queues[lane] ??= new()).Enqueue((open[lane], copy));

    public void Commit(int lane) => open[lane]++;

    /// <summary>Takes the next copy that is complete once at most so many of the newest groups may be in flight.</summary>
    public bool TryComplete(int lane, int newest, out AsyncCopy copy) => TryTake(lane, open[lane] - newest, out copy);

    /// <summary>Takes the next copy, committed or not.</summary>
    public bool TryCompleteAny(int lane, out AsyncCopy copy) => TryTake(lane, int.MaxValue, out copy);

    /// <summary>Whether a thread that ends leaves copies behind.</summary>
    public bool Any(int lane) => queues[lane] is { Count: > 0 };

    private bool TryTake(int lane, int before, out AsyncCopy copy)
    {
        if (queues[lane] is { } queue && queue.TryPeek(out var first) && first.Group < before)
        {
            queue.Dequeue();
            copy = first.Copy;
            return true;
        }
        copy = default;
        return false;
    }
}
