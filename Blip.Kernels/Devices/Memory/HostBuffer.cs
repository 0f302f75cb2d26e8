using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <summary>
/// Memory on the host that copies from and to a device run through without the caller: page-locked on CUDA, plain elsewhere. It starts as zeros.
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
public sealed unsafe class HostBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly Device device;
    private readonly HostMemory? memory;
    private nint address;

    /// <summary>Makes room.</summary>
    /// <exception cref="DeviceException">There is not so much memory.</exception>
    internal HostBuffer(Device device, int length)
    {
        this.device = device;
        Length = length;
        var bytes = (long)Math.Max(length, 1) * sizeof(T);
        if (device.Kind == DeviceKind.Cuda)
        {
            using var bound = device.Accelerator.BindScoped();
            CudaDriver.Check(CudaAPI.CurrentAPI.AllocateHostMemory(out address, (nint)bytes), $"{bytes} bytes of page-locked memory");
            Span.Clear();
        }
        else
        {
            memory = new HostMemory(bytes);
            address = (nint)memory.Pointer;
        }
    }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>The elements. While a copy is under way they are the device's: <see cref="Device.Synchronize"/> first.</summary>
    public Span<T> Span => new((T*)Address, Length);

    /// <summary>Where some of the elements begin.</summary>
    internal nint AddressOf(int start, int length)
    {
        if ((long)start + length > Length)
            throw new ArgumentException($"{length} elements at {start} are not in a buffer of {Length}.", nameof(length));
        return Address + (nint)((long)start * sizeof(T));
    }

    internal nint Address => address != 0 ? address : throw new ObjectDisposedException(nameof(HostBuffer<>));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (address == 0)
            return;
        if (memory is null)
        {
            using var bound = device.Accelerator.BindScoped();
            CudaDriver.Check(CudaAPI.CurrentAPI.FreeHostMemory(address), "to free page-locked memory");
        }
        memory?.Dispose();
        address = 0;
    }
}
