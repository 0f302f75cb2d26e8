using ILGPU;

namespace Blip.Kernels.Devices;

/// <content>Launching kernels.</content>
public sealed partial class Device
{
    /// <summary>The loaded kernels' struct types.</summary>
    internal IReadOnlyCollection<Type> LoadedKernels => kernels.Loaded;

    /// <summary>Whether operators run portable kernels: on every device but the CPU accelerator.</summary>
    internal bool RunsPortable { get; }

    /// <summary>Queues a kernel, after waiting CPU variants. Its first launch compiles it.</summary>
    /// <param name="config">Groups, work-items per group, and dynamic shared memory.</param>
    /// <param name="kernel">The kernel with its arguments.</param>
    /// <exception cref="DeviceException">The device's compiler refuses the kernel.</exception>
    public void Launch<TKernel>(KernelConfig config, TKernel kernel)
        where TKernel : struct, IDeviceKernel
    {
        RunWaiting();
        Queued++;
        kernels.Load<TKernel>()(Stream, config, kernel);
    }
}
