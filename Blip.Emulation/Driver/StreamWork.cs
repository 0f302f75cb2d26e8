using System.Diagnostics;
using Blip.Emulation.Machine;

namespace Blip.Emulation.Driver;

/// <summary>One thing that was queued on a stream.</summary>
internal abstract class StreamWork
{
    /// <summary>Does it.</summary>
    public abstract void Run(DriverContext context);
}

/// <summary>A kernel with its arguments as they were when it was queued.</summary>
internal sealed class KernelWork(EmulatedKernel kernel, Dim3 grid, Dim3 block, int sharedBytes, byte[] arguments) : StreamWork
{
    public override void Run(DriverContext context) => kernel.Launch(grid, block, arguments, sharedBytes);
}

/// <summary>A copy in any direction; data from pageable memory come along.</summary>
internal sealed unsafe class CopyWork(ulong to, ulong from, long bytes, byte[]? taken) : StreamWork
{
    public override void Run(DriverContext context)
    {
        var memory = context.Gpu.Memory;
        var count = checked((int)bytes);
        switch (GlobalMemory.IsDevice(from), GlobalMemory.IsDevice(to))
        {
            case (true, true):
                memory.Copy(from, to, count);
                break;
            case (true, false):
                memory.Read(from, new Span<byte>((void*)to, count));
                break;
            case (false, true):
                memory.Write(to, taken ?? new ReadOnlySpan<byte>((void*)from, count));
                break;
            default:
                new ReadOnlySpan<byte>((void*)from, count).CopyTo(new Span<byte>((void*)to, count));
                break;
        }
    }
}

/// <summary>Bytes set to a value.</summary>
internal sealed class FillWork(ulong to, byte value, long bytes) : StreamWork
{
    public override void Run(DriverContext context) => context.Gpu.Memory.Fill(to, value, checked((int)bytes));
}

/// <summary>The point that an event stands for.</summary>
internal sealed class RecordWork(DriverStream stream) : StreamWork
{
    public DriverStream Stream => stream;

    public bool Done { get; private set; }

    public long Time { get; private set; }

    public override void Run(DriverContext context)
    {
        Done = true;
        Time = Stopwatch.GetTimestamp();
    }
}

/// <summary>Later work waits for a point of another stream.</summary>
internal sealed class WaitWork(RecordWork point) : StreamWork
{
    public override void Run(DriverContext context)
    {
        while (!point.Done && point.Stream.RunNext(context))
        {
        }
    }
}

/// <summary>A captured graph, in the order of its capture.</summary>
internal sealed class GraphWork(IReadOnlyList<StreamWork> nodes) : StreamWork
{
    public override void Run(DriverContext context)
    {
        foreach (var node in nodes)
            node.Run(context);
    }
}

/// <summary>The work captured so far.</summary>
internal sealed class Capture(int thread)
{
    public int Thread => thread;

    public List<StreamWork> Nodes { get; } = [];

    /// <summary>Why the capture is broken; null while it is not.</summary>
    public string? Broken { get; set; }
}

/// <summary>A handle of a graph, captured or instantiated.</summary>
internal sealed record Graph(IReadOnlyList<StreamWork> Nodes, bool Executable);

/// <summary>
/// A queue. Its work runs when somebody waits for it and not before: a host that reads too early, or a stream that does not wait for another,
/// sees what a GPU that is busy would show it.
/// </summary>
internal sealed class DriverStream(bool blocking)
{
    private readonly Queue<StreamWork> queue = [];

    /// <summary>Whether the default stream waits for it, and it for that.</summary>
    public bool Blocking => blocking;

    public Capture? Capture { get; set; }

    public void Queue(DriverContext context, StreamWork work)
    {
        if (Capture is { } capture)
        {
            capture.Nodes.Add(work);
            return;
        }
        queue.Enqueue(work);
        if (!context.Lazy)
            Drain(context);
    }

    public void Drain(DriverContext context)
    {
        while (RunNext(context))
        {
        }
    }

    /// <summary>Runs the first thing that waits; false where nothing does.</summary>
    public bool RunNext(DriverContext context)
    {
        if (!queue.TryDequeue(out var work))
            return false;
        try
        {
            work.Run(context);
        }
        catch (EmulationException)
        {
            // After a fault nothing that was queued behind it runs.
            queue.Clear();
            throw;
        }
        return true;
    }
}

/// <summary>An event.</summary>
internal sealed class DriverEvent
{
    public RecordWork? Last { get; set; }
}
