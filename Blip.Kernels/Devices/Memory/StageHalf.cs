using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <summary>One half of an <see cref="UploadStage"/>: host memory, its twin on the device, and their progress.</summary>
internal sealed class StageHalf(Device device) : IDisposable
{
    private HostBuffer<byte>? host;
    private DeviceBuffer<byte>? twin;
    private CudaStream? copies;
    private nint copied, read;
    private int used, held;

    /// <summary>Pieces in use.</summary>
    public int Held => Volatile.Read(ref held);

    public bool HasRoom(int bytes) => host is not null && host.Length - used >= bytes;

    /// <summary>Restarts with at least this many bytes, while no piece is in use.</summary>
    public void Begin(int bytes)
    {
        used = 0;
        if (device.Kind == DeviceKind.Cuda)
        {
            using var bound = device.Accelerator.BindScoped();
            if (copies is null)
                (copies, copied, read) =
                    ((CudaStream)device.Accelerator.CreateStream(), CudaDriver.CreateEvent(), CudaDriver.CreateEvent());
            // The host overwrites copied bytes; later copies overwrite bytes already read.
            CudaDriver.Check(CudaAPI.CurrentAPI.SynchronizeEvent(copied), "to wait for copies");
            CudaDriver.WaitFor(copies.StreamPtr, read);
        }
        if (host is not null && host.Length >= bytes)
            return;
        Free();
        host = device.AllocateHost<byte>(bytes);
        twin = device.Allocate<byte>(bytes, zeroed: false);
    }

    public StagedBytes Reserve(int bytes)
    {
        Interlocked.Increment(ref held);
        used += bytes;
        return new StagedBytes(this, used - bytes, bytes);
    }

    /// <summary>Takes the bytes and starts their copy, if asynchronous.</summary>
    public void Send(ReadOnlySpan<byte> bytes, int offset)
    {
        bytes.CopyTo(host!.Span[offset..]);
        if (copies is null)
            return;
        using var bound = device.Accelerator.BindScoped();
        CudaDriver.Copy(host.Address + offset, twin!.View.SubView(offset, bytes.Length).LoadEffectiveAddressAsPtr(), bytes.Length, copies);
        CudaDriver.Check(CudaAPI.CurrentAPI.RecordEvent(copied, copies.StreamPtr), "to record an event");
    }

    public ArrayView<byte> OnDevice(int offset, int length)
    {
        if (copies is null)
        {
            twin!.CopyFrom(host!.Span.Slice(offset, length), offset);
        }
        else
        {
            using var bound = device.Accelerator.BindScoped();
            CudaDriver.WaitFor(((CudaStream)device.Stream).StreamPtr, copied);
        }
        return twin!.View.SubView(offset, length);
    }

    /// <summary>The bytes' reader is queued: later copies follow it.</summary>
    public void Release()
    {
        if (copies is not null)
        {
            using var bound = device.Accelerator.BindScoped();
            CudaDriver.Check(CudaAPI.CurrentAPI.RecordEvent(read, ((CudaStream)device.Stream).StreamPtr), "to record an event");
        }
        Forget();
    }

    public void Forget() => Interlocked.Decrement(ref held);

    public void Dispose()
    {
        if (copies is not null)
        {
            copies.Synchronize();
            device.Synchronize();
            using var bound = device.Accelerator.BindScoped();
            CudaDriver.Check(CudaAPI.CurrentAPI.DestroyEvent(copied), "to free an event");
            CudaDriver.Check(CudaAPI.CurrentAPI.DestroyEvent(read), "to free an event");
            copies.Dispose();
            copies = null;
        }
        Free();
    }

    private void Free()
    {
        host?.Dispose();
        twin?.Dispose();
        (host, twin) = (null, null);
    }
}
