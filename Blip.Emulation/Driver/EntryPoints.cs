using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Blip.Emulation.Machine;

namespace Blip.Emulation.Driver;

/// <summary>The driver's calls, named as in libcuda. Each returns 0 or CUDA's error.</summary>
/// <content>Devices, contexts and errors.</content>
internal static unsafe partial class EntryPoints
{
    private const int DriverVersion = 12040;
    private const int Multiprocessors = 4;
    private const long MemoryBytes = 8L << 30;

    private static readonly ConcurrentDictionary<nint, DriverContext> Contexts = [];
    private static int lastContext;
    private static nint errorText;

    [ThreadStatic]
    private static nint current;

    [UnmanagedCallersOnly]
    public static int cuInit(int flags) => 0;

    [UnmanagedCallersOnly]
    public static int cuDriverGetVersion(int* version)
    {
        *version = DriverVersion;
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuDeviceGet(int* device, int ordinal)
    {
        *device = ordinal;
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuDeviceGetCount(int* count)
    {
        *count = EmulatedDriver.IsVisible ? EmulatedDriver.DeviceCount : 0;
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuDeviceGetName(byte* name, int length, int device)
    {
        var text = Encoding.ASCII.GetBytes($"emulated GPU, sm_{EmulatedDriver.ListedArchitecture}\0");
        text.AsSpan(0, Math.Min(text.Length, length)).CopyTo(new Span<byte>(name, length));
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuDeviceTotalMem_v2(long* bytes, int device)
    {
        *bytes = MemoryBytes;
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuDeviceGetAttribute(int* value, int attribute, int device)
    {
        // The numbers of CUdevice_attribute; KernelRunner checks the same limits.
        *value = attribute switch
        {
            1 or 2 or 3 => 1024,
            4 => 64,
            5 => int.MaxValue,
            6 or 7 => 65535,
            8 => 48 * 1024,
            9 => 64 * 1024,
            10 => 32,
            11 => int.MaxValue,
            12 or 82 => 64 * 1024,
            13 => 1_000_000,
            16 => Multiprocessors,
            // The card's bus: ILGPU distinguishes devices of one name by it.
            33 => device + 1,
            36 => 1_000_000,
            37 => 256,
            38 => 4 << 20,
            39 => 2048,
            40 => 2,
            41 => 1,
            75 => EmulatedDriver.ListedArchitecture / 10,
            76 => EmulatedDriver.ListedArchitecture % 10,
            81 => 228 * 1024,
            97 => EmulatedDriver.SharedMemoryOnRequest,
            _ => 0,
        };
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuDeviceCanAccessPeer(int* can, int device, int peer)
    {
        *can = 0;
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuDeviceGetP2PAttribute(int* value, int attribute, int from, int to)
    {
        *value = 0;
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuCtxEnablePeerAccess(nint peer, int flags) => DriverError.NotSupported;

    [UnmanagedCallersOnly]
    public static int cuCtxDisablePeerAccess(nint peer) => DriverError.NotSupported;

    [UnmanagedCallersOnly]
    public static int cuCtxCreate_v2(nint* context, int flags, int device) => Free(() =>
    {
        var number = Interlocked.Increment(ref lastContext);
        Contexts[number] = new DriverContext(device, number, EmulatedDriver.Options) { Lazy = EmulatedDriver.Lazy };
        *context = current = number;
    });

    [UnmanagedCallersOnly]
    public static int cuCtxDestroy_v2(nint context) => Free(() =>
    {
        if (!Contexts.TryRemove(context, out var gone))
            throw new DriverError(DriverError.InvalidContext, $"no context 0x{context:x}");
        if (current == context)
            current = 0;
        var leaks = gone.Leaks();
        var counts = gone.Gpu.Counts;
        EmulatedDriver.Retired = new LaunchCounts(
            EmulatedDriver.Retired.WarpInstructions + counts.WarpInstructions,
            EmulatedDriver.Retired.LaneInstructions + counts.LaneInstructions);
        gone.Destroy();
        if (leaks.Length > 0)
        {
            EmulatedDriver.LeakList.Enqueue(leaks);
            throw new DriverError(DriverError.InvalidValue, $"the context is destroyed and leaves behind {leaks}");
        }
    });

    [UnmanagedCallersOnly]
    public static int cuCtxSetCurrent(nint context)
    {
        current = context;
        return context == 0 || Contexts.ContainsKey(context) ? 0 : DriverError.InvalidContext;
    }

    [UnmanagedCallersOnly]
    public static int cuCtxSynchronize() => Call(context => context.SynchronizeAll(nameof(cuCtxSynchronize)));

    [UnmanagedCallersOnly]
    public static int cuCtxGetCacheConfig(int* config)
    {
        *config = 0;
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuCtxSetCacheConfig(int config) => 0;

    [UnmanagedCallersOnly]
    public static int cuCtxGetSharedMemConfig(int* config)
    {
        *config = 1;
        return 0;
    }

    [UnmanagedCallersOnly]
    public static int cuCtxSetSharedMemConfig(int config) => 0;

    [UnmanagedCallersOnly]
    public static int cuGetErrorString(int error, nint* text)
    {
        var message = EmulatedDriver.LastFault is { } fault && DriverError.CodeOf(fault) == error
            ? fault.Message
            : $"error {error} of the emulated CUDA driver";
        // Callers read the text at once, so that the previous one can be freed.
        var old = Interlocked.Exchange(ref errorText, Marshal.StringToCoTaskMemUTF8(message));
        *text = errorText;
        Marshal.FreeCoTaskMem(old);
        return 0;
    }

    internal static DriverContext Context(nint handle) => Contexts[handle];

    private static int Call(Action<DriverContext> work, [CallerMemberName] string name = "") => Free(
        () =>
        {
            if (!Contexts.TryGetValue(current, out var context))
                throw new DriverError(DriverError.InvalidContext, $"{name}: this thread has no context");
            lock (context.Turn)
                work(context);
        },
        name);

    private static int Free(Action work, [CallerMemberName] string name = "")
    {
        EmulatedDriver.Count(name);
        try
        {
            work();
            return 0;
        }
        catch (Exception e)
        {
            EmulatedDriver.LastFault = e;
            Trace.WriteLine($"{name}: {e.Message}");
            return DriverError.CodeOf(e);
        }
    }
}
