using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels.Devices;

/// <summary>Memory on a device, freed when disposed.</summary>
/// <typeparam name="T">Element type: float, int, byte or ushort.</typeparam>
public sealed class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly Device device;
    private readonly MemoryBuffer1D<T, Stride1D.Dense> buffer;
    private bool disposed;

    internal DeviceBuffer(Device device, long length, bool zeroed)
    {
        // On a processor a view starts on a cache line, and whole vectors may be read past its end.
        var slack = device.Kind == DeviceKind.Cpu ? 2 * CacheLine / Unsafe.SizeOf<T>() : 0;
        this.device = device;
        buffer = device.Accelerator.Allocate1D<T>(Math.Max(length, 1) + slack);
        if (zeroed)
            buffer.MemSetToZero(device.Stream);
        View = buffer.View.BaseView.SubView(device.Kind == DeviceKind.Cpu ? Misalignment(buffer) : 0, length);
        device.Track(buffer.LengthInBytes);
    }

    private const int CacheLine = 64;

    /// <summary>The whole buffer.</summary>
    public ArrayView<T> View { get; }

    /// <summary>Number of elements.</summary>
    public long Length => View.Length;

    /// <summary>Copies from the host to the start of the buffer and waits for it.</summary>
    /// <exception cref="ArgumentException">The source is longer than the buffer.</exception>
    public void CopyFrom(ReadOnlySpan<T> source, long offset = 0)
    {
        if (offset + source.Length > Length)
            throw new ArgumentException($"{source.Length} elements at {offset} do not fit into a buffer of {Length}.", nameof(source));
        if (source.IsEmpty)
            return;
        if (device.Kind == DeviceKind.Cpu)
        {
            // What waits to be run may still read what lies there.
            device.Synchronize();
            source.CopyTo(HostSpan(View.SubView(offset, source.Length)));
        }
        else
        {
            View.SubView(offset, source.Length).CopyFromCPU(device.Stream, source);
        }
    }

    /// <summary>Waits for the work before it and copies from the start of the buffer to the host.</summary>
    /// <exception cref="ArgumentException">The destination is longer than the buffer.</exception>
    public void CopyTo(Span<T> destination, long offset = 0)
    {
        if (offset + destination.Length > Length)
            throw new ArgumentException($"{destination.Length} elements at {offset} are not in a buffer of {Length}.", nameof(destination));
        if (destination.IsEmpty)
            return;
        device.Synchronize();
        if (device.Kind == DeviceKind.Cpu)
            HostSpan(View.SubView(offset, destination.Length)).CopyTo(destination);
        else
            View.SubView(offset, destination.Length).CopyToCPU(device.Stream, destination);
    }

    /// <summary>Copies the whole buffer to a new array.</summary>
    public T[] ToArray()
    {
        var result = new T[Length];
        CopyTo(result);
        return result;
    }

    /// <summary>The elements themselves, where the device is the CPU accelerator: packing writes there without a copy.</summary>
    internal static unsafe Span<T> HostSpan(ArrayView<T> view) => new(Cpu.Pointer(view), checked((int)view.Length));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        device.Track(-buffer.LengthInBytes);
        buffer.Dispose();
    }

    private static unsafe long Misalignment(MemoryBuffer1D<T, Stride1D.Dense> buffer)
    {
        var past = (long)Cpu.Pointer(buffer.View.BaseView) % CacheLine;
        return past == 0 ? 0 : (CacheLine - past) / Unsafe.SizeOf<T>();
    }
}
