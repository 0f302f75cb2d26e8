using ILGPU;

namespace Blip.Kernels.Devices;

/// <content>Running CPU operators, singly or in batches.</content>
public sealed partial class Device
{
    private CpuCommandList? waiting;
    private int openBatches;

    /// <summary>Launches of CPU variants: one per batch, more if copies interrupt it.</summary>
    internal long Launches { get; private set; }

    /// <summary>Kernels and CPU variants queued so far. A graph's kernels count once, at its capture.</summary>
    internal long Queued { get; private set; }

    /// <summary>
    /// Collects CPU variants until the result is disposed, then runs them by one launch. Memory that they read must live until then.
    /// Batches may be nested; the outermost counts. Other devices are unaffected.
    /// </summary>
    public Batch BeginBatch()
    {
        openBatches++;
        return new Batch(this);
    }

    /// <summary>Runs a CPU variant with one worker per core, only on <see cref="DeviceKind.Cpu"/>.</summary>
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

    /// <summary>An open batch.</summary>
    public readonly struct Batch : IDisposable
    {
        private readonly Device device;

        internal Batch(Device device) => this.device = device;

        /// <summary>Runs the collected variants.</summary>
        public void Dispose() => device.EndBatch();
    }
}
