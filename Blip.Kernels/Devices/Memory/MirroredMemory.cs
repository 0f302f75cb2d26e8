using ILGPU.Runtime;

namespace Blip.Kernels.Devices;

/// <summary>
/// Small arrays in one block of device memory, mirrored on the host, page-locked on CUDA. One queued copy moves any neighbours up or down.
/// Add the arrays first, then call <see cref="Allocate"/>.
/// </summary>
public sealed class MirroredMemory(Device device) : IDisposable
{
    // Arrays start on a cache line, and on two sectors of a GPU.
    private const int Alignment = 64;

    private readonly List<MirroredArray> arrays = [];
    private DeviceBuffer<byte>? memory;
    private HostBuffer<byte>? mirror;
    private int bytes;
    private long sentBefore = -1;

    /// <summary>Adds an array of zeros after the others.</summary>
    /// <param name="length">Elements.</param>
    /// <exception cref="InvalidOperationException">The memory is allocated already.</exception>
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

    /// <summary>Allocates the memory.</summary>
    /// <exception cref="DeviceException">Page-locked memory is insufficient.</exception>
    public void Allocate()
    {
        (memory, mirror) = (device.Allocate<byte>(bytes), device.AllocateHost<byte>(bytes));
        arrays.ForEach(array => array.Place(memory.View));
    }

    /// <summary>Queues one copy of neighbours to the device.</summary>
    /// <param name="first">The first.</param>
    /// <param name="last">The last, at or after the first.</param>
    public void CopyUp(MirroredArray first, MirroredArray last)
    {
        memory!.CopyFrom(mirror!, first.Start, last.End - first.Start);
        sentBefore = device.Waits;
    }

    /// <summary>
    /// Queues one copy of neighbours to the host, complete after the next <see cref="Device.Synchronize"/>. <see cref="Device.Capture"/>
    /// records it.
    /// </summary>
    /// <inheritdoc cref="CopyUp"/>
    public void CopyDown(MirroredArray first, MirroredArray last) => memory!.CopyTo(mirror!, first.Start, last.End - first.Start);

    /// <summary>
    /// Copies all arrays on the device from the same arrays in other memory of the same device. The host's stay unchanged.
    /// </summary>
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

    /// <summary>An array on the host, after copies that read it.</summary>
    internal Span<byte> Host(int start, int end)
    {
        if (device.Waits == sentBefore)
            device.Synchronize();
        return mirror!.Span[start..end];
    }

    internal void Write(ReadOnlySpan<byte> source, int start) => memory!.CopyFrom(source, start);

    internal void Read(Span<byte> destination, int start) => memory!.CopyTo(destination, start);
}
