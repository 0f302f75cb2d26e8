using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Driver;

/// <summary>A context: an emulated GPU with the host's objects. It serves one thread at a time.</summary>
internal sealed class DriverContext(int device, int number, EmulationOptions options)
{
    private readonly Dictionary<nint, object> objects = [];
    private readonly Dictionary<nint, long> pinned = [];
    private nint lastHandle = 0x1000;

    public Lock Turn { get; } = new();

    public int Device => device;

    public EmulatedGpu Gpu { get; } = new(options, number);

    /// <summary>Whether queued work runs only when a call waits for it.</summary>
    public bool Lazy { get; init; }

    public DriverStream Default { get; } = new(blocking: true);

    public nint Add(object value)
    {
        objects.Add(++lastHandle, value);
        return lastHandle;
    }

    public T Find<T>(nint handle, string call)
        where T : class
    {
        if (objects.TryGetValue(handle, out var value) && value is T found)
            return found;
        throw new DriverError(DriverError.InvalidHandle, $"{call}: 0x{handle:x} is no {typeof(T).Name} of this context");
    }

    public T Remove<T>(nint handle, string call)
        where T : class
    {
        var value = Find<T>(handle, call);
        objects.Remove(handle);
        return value;
    }

    /// <summary>A handle's stream; 0, 1 and 2 are default streams.</summary>
    public DriverStream Stream(nint handle, string call)
    {
        if (handle is not (0 or 1 or 2))
            return Find<DriverStream>(handle, call);
        if (Capturing() is { } capture)
            throw Break(capture, $"{call} on the default stream during a capture");
        return Default;
    }

    /// <summary>Queues work. The default stream first drains all blocking streams and runs at once.</summary>
    public void Queue(nint handle, StreamWork work, string call)
    {
        EmulatedDriver.Watcher?.Invoke(new EmulatedDriver.StreamCall(device, handle, call));
        var stream = Stream(handle, call);
        if (stream.Capture is { Broken: not null } capture)
            throw new DriverError(DriverError.CaptureInvalidated, $"{call}: the capture was broken by {capture.Broken}");
        if (stream == Default)
        {
            foreach (var other in objects.Values.OfType<DriverStream>().Where(other => other.Blocking && other.Capture is null))
                other.Drain(this);
            work.Run(this);
            return;
        }
        stream.Queue(this, work);
    }

    public void Synchronize(nint handle, string call)
    {
        EmulatedDriver.Watcher?.Invoke(new EmulatedDriver.StreamCall(device, handle, call));
        var stream = Stream(handle, call);
        if (stream.Capture is { } capture)
            throw Break(capture, $"{call} of a stream that is captured");
        stream.Drain(this);
    }

    public void SynchronizeAll(string call)
    {
        Refuse(call);
        foreach (var stream in objects.Values.OfType<DriverStream>().ToList())
            stream.Drain(this);
    }

    /// <summary>Breaks this thread's capture, if any: the call may wait or allocate.</summary>
    public void Refuse(string call)
    {
        if (Capturing() is { } capture)
            throw Break(capture, $"{call} during a capture");
    }

    public void Pin(nint address, long bytes) => pinned[address] = bytes;

    public bool Unpin(nint address) => pinned.Remove(address);

    /// <summary>Whether host memory is page-locked.</summary>
    /// <exception cref="DriverError">It starts in page-locked memory and ends outside.</exception>
    public bool IsPinned(ulong address, long bytes, string call)
    {
        foreach (var (start, size) in pinned)
        {
            var offset = (long)address - start;
            if (offset < 0 || offset >= size)
                continue;
            if (offset + bytes > size)
                throw new DriverError(
                    DriverError.InvalidValue, $"{call}: {bytes} bytes at offset {offset} of {size} bytes of page-locked memory");
            return true;
        }
        return false;
    }

    public IReadOnlyList<EmulatedKernel> Kernels => [.. objects.Values.OfType<EmulatedKernel>()];

    /// <summary>The remaining host objects as text; empty for none.</summary>
    public string Leaks()
    {
        var left = new List<string>();
        var constants = objects.Values.OfType<LoadedModule>().SelectMany(loaded => loaded.Module.Variables)
            .Select(variable => variable.Address).ToHashSet();
        var memory = Gpu.Memory.Live.Where(allocation => !constants.Contains(allocation.Address)).ToList();
        if (memory.Count > 0)
            left.Add($"{memory.Count} allocations of {memory.Sum(allocation => allocation.Size)} bytes");
        if (pinned.Count > 0)
            left.Add($"{pinned.Count} pieces of page-locked memory");
        left.AddRange(objects.Values.Where(value => value is not EmulatedKernel).GroupBy(value => value.GetType().Name)
            .Select(group => $"{group.Count()} of {group.Key}"));
        return string.Join(", ", left);
    }

    public void Destroy()
    {
        foreach (var (start, _) in pinned)
            EntryPoints.FreeHost(start);
        Gpu.Dispose();
    }

    private Capture? Capturing() =>
        objects.Values.OfType<DriverStream>().Select(stream => stream.Capture)
            .FirstOrDefault(capture => capture?.Thread == Environment.CurrentManagedThreadId);

    private static DriverError Break(Capture capture, string call)
    {
        capture.Broken ??= call;
        return new DriverError(DriverError.CaptureUnsupported, $"{call}: not while a stream is captured");
    }
}

internal sealed record LoadedModule(PtxModule Module, string Text);
