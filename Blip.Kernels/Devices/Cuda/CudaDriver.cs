using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <summary>
/// Calls of the CUDA driver that ILGPU lacks: graphs, waits between streams, and shared memory beyond 48 KB. The calling thread must have
/// the device's context (<c>Accelerator.BindScoped</c>). See CUDA Driver API, "Stream Management", "Graph Management" and "Execution
/// Control".
/// </summary>
internal static partial class CudaDriver
{
    private const string Library = "cuda";

    // Other threads' work must not disturb a capture.
    private const int ThreadLocal = 1;

    // Attributes of functions.
    private const int OwnSharedBytes = 1, MaxDynamicSharedBytes = 8;

    /// <summary>Makes the stream record work instead of running it, until <see cref="EndCapture"/>.</summary>
    public static void BeginCapture(nint stream) => Check(cuStreamBeginCapture_v2(stream, ThreadLocal), nameof(cuStreamBeginCapture_v2));

    /// <summary>Makes an executable graph of a capture.</summary>
    /// <exception cref="DeviceException">It held a synchronization, an allocation, or a copy from or to pageable memory.</exception>
    public static nint EndCapture(nint stream)
    {
        Check(cuStreamEndCapture(stream, out var graph), nameof(cuStreamEndCapture));
        try
        {
            Check(cuGraphInstantiateWithFlags(out var executable, graph, 0), nameof(cuGraphInstantiateWithFlags));
            return executable;
        }
        finally
        {
            Check(cuGraphDestroy(graph), nameof(cuGraphDestroy));
        }
    }

    public static void AbandonCapture(nint stream)
    {
        // The first exception is the one to show.
        _ = cuStreamEndCapture(stream, out var graph);
        if (graph != 0)
            _ = cuGraphDestroy(graph);
    }

    public static void LaunchGraph(nint executable, nint stream) => Check(cuGraphLaunch(executable, stream), nameof(cuGraphLaunch));

    public static void DestroyGraph(nint executable) => Check(cuGraphExecDestroy(executable), nameof(cuGraphExecDestroy));

    /// <summary>Queues a copy in either direction. Host memory must be page-locked, or the copy waits.</summary>
    public static void Copy(nint from, nint to, long bytes, AcceleratorStream stream) =>
        Check(CudaAPI.CurrentAPI.MemcpyAsync(to, from, (nint)bytes, stream), $"a copy of {bytes} bytes");

    public static nint CreateEvent()
    {
        Check(CudaAPI.CurrentAPI.CreateEvent(out var created, CudaEventFlags.CU_EVENT_DISABLE_TIMING), "to make an event");
        return created;
    }

    public static void WaitFor(nint stream, nint recorded) => Check(cuStreamWaitEvent(stream, recorded, 0), nameof(cuStreamWaitEvent));

    /// <summary>Raises a kernel's limit of shared memory (48 KB), static memory included.</summary>
    public static void AllowSharedMemory(nint function, int bytes)
    {
        Check(cuFuncGetAttribute(out var own, OwnSharedBytes, function), nameof(cuFuncGetAttribute));
        Check(cuFuncSetAttribute(function, MaxDynamicSharedBytes, bytes - own), nameof(cuFuncSetAttribute));
    }

    public static void Check(CudaError error, string call)
    {
        if (error != CudaError.CUDA_SUCCESS)
            throw new DeviceException($"The CUDA driver refused {call}: {CudaAPI.CurrentAPI.GetErrorString(error)} ({(int)error}).");
    }

    [LibraryImport(Library)]
    private static partial CudaError cuStreamBeginCapture_v2(nint stream, int mode);

    [LibraryImport(Library)]
    private static partial CudaError cuStreamEndCapture(nint stream, out nint graph);

    [LibraryImport(Library)]
    private static partial CudaError cuGraphInstantiateWithFlags(out nint executable, nint graph, ulong flags);

    [LibraryImport(Library)]
    private static partial CudaError cuGraphDestroy(nint graph);

    [LibraryImport(Library)]
    private static partial CudaError cuGraphLaunch(nint executable, nint stream);

    [LibraryImport(Library)]
    private static partial CudaError cuGraphExecDestroy(nint executable);

    [LibraryImport(Library)]
    private static partial CudaError cuFuncGetAttribute(out int value, int attribute, nint function);

    [LibraryImport(Library)]
    private static partial CudaError cuFuncSetAttribute(nint function, int attribute, int value);

    [LibraryImport(Library)]
    private static partial CudaError cuStreamWaitEvent(nint stream, nint recorded, uint flags);
}
