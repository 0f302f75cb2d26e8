using System.Diagnostics;
using Blip.Emulation.Machine;

namespace Blip.Emulation.Driver;

internal abstract class StreamWork
{
    public abstract void Run(DriverContext context);
}

/// <summary>A kernel with the arguments at its queueing.</summary>
internal sealed class KernelWork(EmulatedKernel kernel, Dim3 grid, Dim3 block, int sharedBytes, byte[] arguments) : StreamWork
{
    public override void Run(DriverContext context) => kernel.Launch(grid, block, arguments, sharedBytes);
}

/// <summary>A copy in any direction, with pageable sources already taken.</summary>
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

internal sealed class FillWork(ulong to, byte value, long bytes) : StreamWork
{
    public override void Run(DriverContext context) => context.Gpu.Memory.Fill(to, value, checked((int)bytes));
}

/// <summary>An event's point.</summary>
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

internal sealed class WaitWork(RecordWork point) : StreamWork
{
    public override void Run(DriverContext context)
    {
        while (!point.Done && point.Stream.RunNext(context))
        {
        }
    }
}

/// <summary>A captured graph, in order of capture.</summary>
internal sealed class GraphWork(IReadOnlyList<StreamWork> nodes) : StreamWork
{
    public override void Run(DriverContext context)
    {
        foreach (var node in nodes)
            node.Run(context);
    }
}

internal sealed class Capture(int thread)
{
    public int Thread => thread;

    public List<StreamWork> Nodes { get; } = [];

    /// <summary>The call that broke the capture, or null.</summary>
    public string? Broken { get; set; }
}

internal sealed record Graph(IReadOnlyList<StreamWork> Nodes, bool Executable);

/// <summary>
/// A queue, whose work runs only when a call waits for it. Premature reads, and streams without order, then show as on a busy GPU.
/// </summary>
internal sealed class DriverStream(bool blocking)
{
    private readonly Queue<StreamWork> queue = [];

    /// <summary>Whether it and the default stream wait for each other.</summary>
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

    /// <summary>Runs the first queued work; false for none.</summary>
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
            // After a fault, later work does not run.
            queue.Clear();
            throw;
        }
        return true;
    }
}

internal sealed class DriverEvent
{
    public RecordWork? Last { get; set; }
}
