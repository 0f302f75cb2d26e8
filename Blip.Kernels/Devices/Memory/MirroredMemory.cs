using ILGPU.Runtime;

namespace Blip.Kernels.Devices;

/// <summary>
/// Small arrays side by side in one piece of a device's memory, and again on the host, page-locked on CUDA: any number of neighbours goes up or
/// comes down by one copy, which is queued and does not wait. Arrays are added first, then memory is taken for all of them.
/// </summary>
public sealed class MirroredMemory(Device device) : IDisposable
{
    // Arrays start on a cache line of the processor, at two of a GPU's sectors.
    private const int Alignment = 64;

    private readonly List<MirroredArray> arrays = [];
    private DeviceBuffer<byte>? memory;
    private HostBuffer<byte>? mirror;
    private int bytes;
    private long sentBefore = -1;

    /// <summary>Adds an array of zeros behind the others.</summary>
    /// <param name="length">Elements.</param>
    /// <exception cref="InvalidOperationException">The memory is there already.</exception>
    public MirroredArray<T> Add<T>(int length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (memory is not null)
            throw new InvalidOperationException("Arrays are added before the memory is taken.");
        var array = new MirroredArray<T>(this, bytes, length);
        bytes = checked((array.End + Alignment - 1) / Alignment * Alignment);
        arrays.Add(array);
        return array;
    }

    /// <summary>Takes the memory.</summary>
    /// <exception cref="DeviceException">There is not so much page-locked memory.</exception>
    public void Allocate()
    {
        (memory, mirror) = (device.Allocate<byte>(bytes), device.AllocateHost<byte>(bytes));
        arrays.ForEach(array => array.Place(memory.View));
    }

    /// <summary>Queues one copy of neighbours from the host to the device.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="last">The last of them, at or behind the first.</param>
    public void CopyUp(MirroredArray first, MirroredArray last)
    {
        memory!.CopyFrom(mirror!, first.Start, last.End - first.Start);
        sentBefore = device.Waits;
    }

    /// <summary>
    /// Queues one copy of neighbours from the device to the host; they are there after the next <see cref="Device.Synchronize"/>. Part of what
    /// <see cref="Device.Capture"/> writes down.
    /// </summary>
    /// <inheritdoc cref="CopyUp"/>
    public void CopyDown(MirroredArray first, MirroredArray last) => memory!.CopyTo(mirror!, first.Start, last.End - first.Start);

    /// <summary>Copies all arrays on the device from memory with the same arrays on the same device; the host's are left as they are.</summary>
    /// <param name="other">The other memory.</param>
    /// <exception cref="ArgumentException">It has arrays of other lengths.</exception>
    public void CopyFrom(MirroredMemory other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.bytes != bytes)
            throw new ArgumentException($"It has {other.bytes} bytes, and this memory {bytes}.", nameof(other));
        // Queued work may still write there.
        device.Synchronize();
        other.memory!.View.CopyTo(device.Stream, memory!.View);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        memory?.Dispose();
        mirror?.Dispose();
    }

    /// <summary>An array on the host, once no copy reads it any more.</summary>
    internal Span<byte> Host(int start, int end)
    {
        if (device.Waits == sentBefore)
            device.Synchronize();
        return mirror!.Span[start..end];
    }

    /// <summary>Copies into an array on the device and waits for it.</summary>
    internal void Write(ReadOnlySpan<byte> source, int start) => memory!.CopyFrom(source, start);

    /// <summary>Waits for the work before it and copies an array from the device.</summary>
    internal void Read(Span<byte> destination, int start) => memory!.CopyTo(destination, start);
}
