namespace Blip.Emulation.Machine;

/// <summary>One thread's part of cp.async.</summary>
internal readonly record struct AsyncCopy(int Thread, ulong Source, ulong Target, int Bytes, int Size);

/// <summary>
/// A warp's cp.async copies. PTX counts groups per thread: each lane has a queue, oldest first, and each copy its group's number.
/// </summary>
internal sealed class AsyncCopies
{
    private readonly Queue<(int Group, AsyncCopy Copy)>?[] queues = new Queue<(int, AsyncCopy)>?[32];

    // The open group's number.
    private readonly int[] open = new int[32];

    public void Clear()
    {
        Array.Clear(open);
        foreach (var queue in queues)
            queue?.Clear();
    }

    public void Add(int lane, AsyncCopy copy) => (queues[lane] ??= new()).Enqueue((open[lane], copy));

    public void Commit(int lane) => open[lane]++;

    /// <summary>Takes the next copy that must complete when only the given number of newest groups may be in flight.</summary>
    public bool TryComplete(int lane, int newest, out AsyncCopy copy) => TryTake(lane, open[lane] - newest, out copy);

    /// <summary>Takes the next copy, committed or not.</summary>
    public bool TryCompleteAny(int lane, out AsyncCopy copy) => TryTake(lane, int.MaxValue, out copy);

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
