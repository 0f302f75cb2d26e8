using System.Runtime.InteropServices;
using Blip.Emulation.Machine;

namespace Blip.Emulation.Driver;

/// <content>Memory and copies.</content>
internal static unsafe partial class EntryPoints
{
    [UnmanagedCallersOnly]
    public static int cuMemGetInfo_v2(long* free, long* total) => Call(context =>
    {
        *free = MemoryBytes - context.Gpu.Memory.AllocatedBytes;
        *total = MemoryBytes;
    });

    [UnmanagedCallersOnly]
    public static int cuMemAlloc_v2(ulong* address, ulong bytes) => Call(context =>
    {
        context.Refuse(nameof(cuMemAlloc_v2));
        if (context.Gpu.Memory.AllocatedBytes + (long)bytes > MemoryBytes)
            throw new DriverError(
                DriverError.OutOfMemory, $"{bytes} bytes beside {context.Gpu.Memory.AllocatedBytes}; the device has {MemoryBytes}");
        *address = context.Gpu.Memory.Allocate((long)bytes);
    });

    [UnmanagedCallersOnly]
    public static int cuMemFree_v2(ulong address) => Call(context =>
    {
        if (address == 0)
            return;
        // Freeing waits for all work that may use the memory.
        context.SynchronizeAll(nameof(cuMemFree_v2));
        context.Gpu.Memory.Free(address);
    });

    [UnmanagedCallersOnly]
    public static int cuMemAllocHost_v2(nint* address, ulong bytes) => Call(context => *address = AllocateHost(context, bytes));

    [UnmanagedCallersOnly]
    public static int cuMemHostAlloc(nint* address, ulong bytes, int flags) => Call(context => *address = AllocateHost(context, bytes));

    [UnmanagedCallersOnly]
    public static int cuMemFreeHost(nint address) => Call(context =>
    {
        context.SynchronizeAll(nameof(cuMemFreeHost));
        if (!context.Unpin(address))
            throw new DriverError(DriverError.InvalidValue, $"0x{address:x} is no page-locked memory of this context");
        FreeHost(address);
    });

    [UnmanagedCallersOnly]
    public static int cuMemHostRegister_v2(nint address, ulong bytes, int flags) => Call(context => context.Pin(address, (long)bytes));

    [UnmanagedCallersOnly]
    public static int cuMemHostUnregister(nint address) => Call(context =>
    {
        if (!context.Unpin(address))
            throw new DriverError(DriverError.InvalidValue, $"0x{address:x} was not registered");
    });

    [UnmanagedCallersOnly]
    public static int cuMemHostGetDevicePointer_v2(nint* device, nint host, int flags) => DriverError.NotSupported;

    [UnmanagedCallersOnly]
    public static int cuPointerGetAttribute(nint target, int attribute, ulong address) => Call(context =>
    {
        if (attribute != 2)
            throw new DriverError(DriverError.NotSupported, $"pointer attribute {attribute}");
        *(int*)target = GlobalMemory.IsDevice(address) ? 2 : context.IsPinned(address, 1, nameof(cuPointerGetAttribute)) ? 1
            : throw new DriverError(DriverError.InvalidValue, $"0x{address:x} is unknown");
    });

    [UnmanagedCallersOnly]
    public static int cuMemcpyAsync(ulong to, ulong from, ulong bytes, nint stream) =>
        Call(context => Copy(context, to, from, (long)bytes, stream, nameof(cuMemcpyAsync)));

    [UnmanagedCallersOnly]
    public static int cuMemcpyHtoDAsync_v2(ulong to, ulong from, ulong bytes, nint stream) =>
        Call(context => Copy(context, to, from, (long)bytes, stream, nameof(cuMemcpyHtoDAsync_v2)));

    [UnmanagedCallersOnly]
    public static int cuMemcpyDtoHAsync_v2(ulong to, ulong from, ulong bytes, nint stream) =>
        Call(context => Copy(context, to, from, (long)bytes, stream, nameof(cuMemcpyDtoHAsync_v2)));

    [UnmanagedCallersOnly]
    public static int cuMemcpyDtoDAsync_v2(ulong to, ulong from, ulong bytes, nint stream) =>
        Call(context => Copy(context, to, from, (long)bytes, stream, nameof(cuMemcpyDtoDAsync_v2)));

    [UnmanagedCallersOnly]
    public static int cuMemsetD8Async(ulong to, byte value, ulong bytes, nint stream) => Call(context =>
    {
        Check(context, to, (long)bytes, nameof(cuMemsetD8Async));
        context.Queue(stream, new FillWork(to, value, (long)bytes), nameof(cuMemsetD8Async));
    });

    internal static void FreeHost(nint address) => NativeMemory.AlignedFree((void*)address);

    private static nint AllocateHost(DriverContext context, ulong bytes)
    {
        context.Refuse("an allocation of page-locked memory");
        var address = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
        new Span<byte>((void*)address, checked((int)bytes)).Fill(0xA5);
        context.Pin(address, (long)bytes);
        return address;
    }

    // Pageable memory is read and written before the call returns. Page-locked memory may be used until the stream is done.
    private static void Copy(DriverContext context, ulong to, ulong from, long bytes, nint handle, string call)
    {
        if (bytes == 0)
            return;
        Check(context, to, bytes, call);
        Check(context, from, bytes, call);
        var pageableSource = !GlobalMemory.IsDevice(from) && !context.IsPinned(from, bytes, call);
        var pageableTarget = !GlobalMemory.IsDevice(to) && !context.IsPinned(to, bytes, call);
        var stream = context.Stream(handle, call);
        if (stream.Capture is { } capture && (pageableSource || pageableTarget))
        {
            capture.Broken ??= call;
            throw new DriverError(DriverError.CaptureUnsupported, $"{call}: pageable memory in a capture");
        }
        var taken = pageableSource && GlobalMemory.IsDevice(to) ? new ReadOnlySpan<byte>((void*)from, checked((int)bytes)).ToArray() : null;
        context.Queue(handle, new CopyWork(to, from, bytes, taken), call);
        if (pageableTarget)
            context.Synchronize(handle, call);
    }

    // Bounds are checked when a copy is queued.
    private static void Check(DriverContext context, ulong address, long bytes, string call)
    {
        if (!GlobalMemory.IsDevice(address))
            return;
        try
        {
            context.Gpu.Memory.Resolve(address, checked((int)bytes), 1, out _);
        }
        catch (EmulationException e)
        {
            throw new EmulationException(e.Fault, $"{call} of {bytes} bytes: {e.Message}", e);
        }
    }
}
