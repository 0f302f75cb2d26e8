using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <summary>
/// The calls of the CUDA driver that ILGPU lacks: work captured into graphs, one stream that waits for another, and shared memory beyond
/// 48 KB. The context of the calling thread must be the device's (<c>Accelerator.BindScoped</c>). Names and meanings: CUDA Driver API,
/// modules "Stream Management", "Graph Management" and "Execution Control".
/// </summary>
internal static partial class CudaDriver
{
    private const string Library = "cuda";

    // Another thread's work with another device or stream is not part of a capture and must not disturb it.
    private const int ThreadLocal = 1;

    // Attributes of functions.
    private const int OwnSharedBytes = 1, MaxDynamicSharedBytes = 8;

    /// <summary>From here on work that is queued on the stream is written down and not run.</summary>
    public static void BeginCapture(nint stream) => Check(cuStreamBeginCapture_v2(stream, ThreadLocal), nameof(cuStreamBeginCapture_v2));

    /// <summary>Ends a capture and makes a graph of it that can be launched.</summary>
    /// <exception cref="DeviceException">Something in it may not be captured: a synchronisation, an allocation, a copy from or to pageable memory.</exception>
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

    /// <summary>Ends a capture whose work failed, and forgets it.</summary>
    public static void AbandonCapture(nint stream)
    {
        // The capture is broken already: the exception that broke it is the one to show.
        _ = cuStreamEndCapture(stream, out var graph);
        if (graph != 0)
            _ = cuGraphDestroy(graph);
    }

    /// <summary>Queues a graph.</summary>
    public static void LaunchGraph(nint executable, nint stream) => Check(cuGraphLaunch(executable, stream), nameof(cuGraphLaunch));

    /// <summary>Frees a graph.</summary>
    public static void DestroyGraph(nint executable) => Check(cuGraphExecDestroy(executable), nameof(cuGraphExecDestroy));

    /// <summary>Queues a copy in either direction; on the host it must be page-locked memory, or the copy waits.</summary>
    public static void Copy(nint from, nint to, long bytes, AcceleratorStream stream) =>
        Check(CudaAPI.CurrentAPI.MemcpyAsync(to, from, (nint)bytes, stream), $"a copy of {bytes} bytes");

    /// <summary>Makes an event: a place in a stream's work that others can wait for.</summary>
    public static nint CreateEvent()
    {
        Check(CudaAPI.CurrentAPI.CreateEvent(out var created, CudaEventFlags.CU_EVENT_DISABLE_TIMING), "to make an event");
        return created;
    }

    /// <summary>Work that is queued on the stream after this waits for the event.</summary>
    public static void WaitFor(nint stream, nint recorded) => Check(cuStreamWaitEvent(stream, recorded, 0), nameof(cuStreamWaitEvent));

    /// <summary>Lets launches of a kernel ask for so much shared memory, its own among it: without this they have 48 KB.</summary>
    public static void AllowSharedMemory(nint function, int bytes)
    {
        Check(cuFuncGetAttribute(out var own, OwnSharedBytes, function), nameof(cuFuncGetAttribute));
        Check(cuFuncSetAttribute(function, MaxDynamicSharedBytes, bytes - own), nameof(cuFuncSetAttribute));
    }

    /// <summary>Throws a driver call's error, unless it succeeded.</summary>
    /// <exception cref="DeviceException">It did not.</exception>
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
