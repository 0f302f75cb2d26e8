using ILGPU;

namespace Blip.Kernels.Devices;

/// <content>Running CPU operators, one by one or many by one launch.</content>
public sealed partial class Device
{
    private CpuCommandList? waiting;
    private int openBatches;

    /// <summary>Times that ILGPU was asked to run CPU variants: one for each batch, or more where a copy came between.</summary>
    internal long Launches { get; private set; }

    /// <summary>Kernels, or CPU variants, that were queued one by one since the device was opened; a graph counts once.</summary>
    internal long Queued { get; private set; }

    /// <summary>
    /// Until the result is disposed, CPU variants are collected and run by one launch. This saves a step of many small operators the
    /// launches. Other devices queue their launches by themselves, and nothing changes there. Memory that an operator reads must live
    /// until then. Batches may be nested; the outermost counts.
    /// </summary>
    public Batch BeginBatch()
    {
        openBatches++;
        return new Batch(this);
    }

    /// <summary>Runs a CPU variant with one worker per core. Only on <see cref="DeviceKind.Cpu"/>.</summary>
    /// <exception cref="InvalidOperationException">The device is of another kind.</exception>
    public void Launch<TOperator>(in TOperator op)
        where TOperator : unmanaged, ICpuOperator
    {
        if (Kind != DeviceKind.Cpu)
            throw new InvalidOperationException($"A CPU variant was launched on {Description.Id}.");
        if (op.Tasks <= 0)
            return;
        waiting ??= new CpuCommandList();
        if (!waiting.HasRoomFor<TOperator>())
            RunWaiting();
        waiting.Add(op);
        Queued++;
        if (openBatches == 0)
            RunWaiting();
    }

    private void RunWaiting()
    {
        if (waiting is not { Count: > 0 })
            return;
        var list = waiting.Take(Workers);
        Launches++;
        kernels.Load<CpuWorkers.Kernel>()(Stream, new KernelConfig(Workers, 1), new(list));
        Stream.Synchronize();
    }

    private void EndBatch()
    {
        if (--openBatches == 0)
            RunWaiting();
    }

    /// <summary>A batch that is being collected.</summary>
    public readonly struct Batch : IDisposable
    {
        private readonly Device device;

        internal Batch(Device device) => this.device = device;

        /// <summary>Runs the collected variants.</summary>
        public void Dispose() => device.EndBatch();
    }
}
