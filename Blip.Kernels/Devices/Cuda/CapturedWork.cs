using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <summary>
/// Work for repeated launches: the same kernels on the same memory. On CUDA it is a graph. Made by <see cref="Device.Capture"/>.
/// </summary>
public sealed class CapturedWork : IDisposable
{
    private readonly Device device;
    private readonly Action? work;
    private nint graph;

    internal CapturedWork(Device device, Action work)
    {
        this.device = device;
        Releases = device.Releases;
        if (device.Stream is CudaStream stream)
            graph = Record(stream, work);
        else
            this.work = work;
    }

    /// <summary>
    /// <see cref="Device.Releases"/> at the capture. If the device's number differs, memory may have been freed: capture again.
    /// </summary>
    public long Releases { get; }

    /// <summary>Queues the work.</summary>
    /// <exception cref="InvalidOperationException">A buffer was freed since the capture.</exception>
    public void Launch()
    {
        if (Releases != device.Releases)
            throw new InvalidOperationException("Memory was freed since this work was captured; capture it again.");
        if (work is not null)
        {
            work();
            return;
        }
        ObjectDisposedException.ThrowIf(graph == 0, this);
        using (device.Accelerator.BindScoped())
            CudaDriver.LaunchGraph(graph, ((CudaStream)device.Stream).StreamPtr);
        device.GraphLaunches++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (graph == 0)
            return;
        // A graph in flight must not be freed.
        device.Synchronize();
        using (device.Accelerator.BindScoped())
            CudaDriver.DestroyGraph(graph);
        graph = 0;
    }

    private nint Record(CudaStream stream, Action work)
    {
        using var bound = device.Accelerator.BindScoped();
        CudaDriver.BeginCapture(stream.StreamPtr);
        try
        {
            work();
        }
        catch (Exception e)
        {
            CudaDriver.AbandonCapture(stream.StreamPtr);
            if (e is AcceleratorException)
                throw new DeviceException($"The work cannot be captured: {e.Message}", e);
            throw;
        }
        return CudaDriver.EndCapture(stream.StreamPtr);
    }
}
