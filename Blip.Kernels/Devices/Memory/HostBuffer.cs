using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <summary>Host memory for asynchronous copies from and to a device: page-locked on CUDA, plain elsewhere. It starts as zeros.</summary>
/// <typeparam name="T">Element type.</typeparam>
public sealed unsafe class HostBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly Device device;
    private readonly HostMemory? memory;
    private nint address;

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

    /// <summary>Elements.</summary>
    public int Length { get; }

    /// <summary>The elements. During a copy they belong to the device: call <see cref="Device.Synchronize"/> first.</summary>
    public Span<T> Span => new((T*)Address, Length);

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
