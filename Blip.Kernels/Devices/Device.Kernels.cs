using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels.Devices;

/// <content>One overload of <c>Load</c> per number of kernel arguments, so that launchers are typed and nothing is boxed.</content>
public sealed partial class Device
{
    /// <summary>The kernels that were loaded so far.</summary>
    internal IReadOnlyCollection<System.Reflection.MethodInfo> LoadedKernels => kernels.Loaded;

    /// <summary>Compiles an explicitly grouped kernel for this device, once, and returns its launcher.</summary>
    /// <param name="kernel">A static method; the launcher takes the stream, the grid and group sizes, and the kernel's arguments.</param>
    public Action<AcceleratorStream, KernelConfig, T1> Load<T1>(Action<T1> kernel)
        where T1 : struct =>
        LoadInOrder<Action<AcceleratorStream, KernelConfig, T1>>(kernel);

    // A kernel that is loaded is launched next: waiting work comes before it.
    private TLauncher LoadInOrder<TLauncher>(Delegate kernel)
        where TLauncher : Delegate
    {
        RunWaiting();
        Queued++;
        return kernels.Load<TLauncher>(kernel);
    }
}
