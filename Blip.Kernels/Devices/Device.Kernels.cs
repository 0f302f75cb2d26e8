using ILGPU;

namespace Blip.Kernels.Devices;

/// <content>Launching kernels.</content>
public sealed partial class Device
{
    /// <summary>The kernels that were loaded so far: the types of their structs.</summary>
    internal IReadOnlyCollection<Type> LoadedKernels => kernels.Loaded;

    /// <summary>
    /// Whether operators run the portable kernels: on every device but the CPU accelerator, which has other variants.
    /// </summary>
    internal bool RunsPortable { get; }

    /// <summary>Queues a kernel; it is compiled for this device at its first launch. Waiting CPU variants come before it.</summary>
    /// <param name="config">Groups, work-items per group, and the shared memory beyond the kernel's own.</param>
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
