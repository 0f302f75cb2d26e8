using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Blip.Kernels.Devices;

/// <summary>Memory on a device, freed when disposed.</summary>
/// <typeparam name="T">Element type: float, int, byte or ushort.</typeparam>
public sealed class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    // On a processor, whole vectors may be read past a view's end.
    private const int Slack = 64;

    private readonly Device device;
    private readonly MemoryBuffer buffer;
    private readonly HostMemory? memory;
    private bool disposed;

    internal unsafe DeviceBuffer(Device device, long length, bool zeroed)
    {
        this.device = device;
        if (device.Kind == DeviceKind.Cpu)
        {
            var room = Math.Max(length, 1) + (Slack / sizeof(T));
            memory = new HostMemory(checked(room * sizeof(T)));
            buffer = CPUMemoryBuffer.Create(device.Accelerator, (nint)memory.Pointer, room, sizeof(T));
        }
        else
        {
            buffer = device.Accelerator.Allocate1D<T>(Math.Max(length, 1));
            if (zeroed)
                buffer.MemSet(device.Stream, 0, 0, buffer.LengthInBytes);
        }
        View = buffer.AsArrayView<T>(0, length);
        device.Track(buffer.LengthInBytes);
    }

    /// <summary>Wraps host memory that outlives the buffer and may be read past its end; CPU only.</summary>
    internal unsafe DeviceBuffer(Device device, T* address, long length)
    {
        this.device = device;
        buffer = CPUMemoryBuffer.Create(device.Accelerator, (nint)address, length, sizeof(T));
        View = buffer.AsArrayView<T>(0, length);
        device.Track(buffer.LengthInBytes);
    }

    /// <summary>The whole buffer.</summary>
    public ArrayView<T> View { get; }

    /// <summary>Elements.</summary>
    public long Length => View.Length;

    /// <summary>Copies from the host to the buffer at an offset, and waits.</summary>
    /// <exception cref="ArgumentException">The source does not fit.</exception>
    public void CopyFrom(ReadOnlySpan<T> source, long offset = 0)
    {
        if (offset + source.Length > Length)
            throw new ArgumentException($"{source.Length} elements at {offset} do not fit into a buffer of {Length}.", nameof(source));
        if (source.IsEmpty)
            return;
        if (device.Kind == DeviceKind.Cpu)
        {
            // Queued work may still read it.
            device.Synchronize();
            source.CopyTo(HostSpan(View.SubView(offset, source.Length)));
        }
        else
        {
            View.SubView(offset, source.Length).CopyFromCPU(device.Stream, source);
        }
    }

    /// <summary>Waits for queued work and copies from the buffer at an offset to the host.</summary>
    /// <exception cref="ArgumentException">The destination is too long.</exception>
    public void CopyTo(Span<T> destination, long offset = 0)
    {
        if (offset + destination.Length > Length)
            throw new ArgumentException($"{destination.Length} elements at {offset} are not in a buffer of {Length}.", nameof(destination));
        if (destination.IsEmpty)
            return;
        if (device.Kind == DeviceKind.Cpu)
        {
            device.Synchronize();
            HostSpan(View.SubView(offset, destination.Length)).CopyTo(destination);
        }
        else
        {
            // It is queued after earlier work and waits.
            View.SubView(offset, destination.Length).CopyToCPU(device.Stream, destination);
        }
    }

    /// <summary>
    /// Queues a copy from the buffer's start to all of <paramref name="destination"/>, complete after the next
    /// <see cref="Device.Synchronize"/>. <see cref="Device.Capture"/> records it.
    /// </summary>
    /// <exception cref="ArgumentException">The destination is longer than the buffer.</exception>
    public void CopyTo(HostBuffer<T> destination) => CopyTo(destination, 0, destination.Length);

    /// <summary>The same for elements at the same place in both.</summary>
    internal void CopyTo(HostBuffer<T> destination, int start, int length)
    {
        if (device.Kind != DeviceKind.Cuda)
        {
            CopyTo(destination.Span.Slice(start, length), start);
            return;
        }
        using var bound = device.Accelerator.BindScoped();
        CudaDriver.Copy(AddressOf(start, length), destination.AddressOf(start, length), (long)length * Interop.SizeOf<T>(), device.Stream);
    }

    /// <summary>Queues the opposite copy. Until it is done, the host's elements must not change.</summary>
    internal void CopyFrom(HostBuffer<T> source, int start, int length)
    {
        if (device.Kind != DeviceKind.Cuda)
        {
            CopyFrom(source.Span.Slice(start, length), start);
            return;
        }
        using var bound = device.Accelerator.BindScoped();
        CudaDriver.Copy(source.AddressOf(start, length), AddressOf(start, length), (long)length * Interop.SizeOf<T>(), device.Stream);
    }

    /// <summary>Copies the buffer to a new array.</summary>
    public T[] ToArray()
    {
        var result = new T[Length];
        CopyTo(result);
        return result;
    }

    private nint AddressOf(int start, int length)
    {
        if ((long)start + length > Length)
            throw new ArgumentException($"{length} elements at {start} are not in a buffer of {Length}.", nameof(length));
        return View.LoadEffectiveAddressAsPtr() + (nint)((long)start * Interop.SizeOf<T>());
    }

    /// <summary>The elements on the CPU, for packing without a copy.</summary>
    internal static unsafe Span<T> HostSpan(ArrayView<T> view) => new(Cpu.Pointer(view), checked((int)view.Length));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        device.Track(-buffer.LengthInBytes);
        buffer.Dispose();
        memory?.Dispose();
    }
}
