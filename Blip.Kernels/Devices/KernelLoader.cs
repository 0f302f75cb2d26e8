using System.Collections.Concurrent;
using System.Reflection;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <summary>Compiles each kernel once for a device and keeps its launcher.</summary>
internal sealed class KernelLoader(Accelerator accelerator, int sharedMemory)
{
    private readonly ConcurrentDictionary<Type, Delegate> launchers = new();

    public IReadOnlyCollection<Type> Loaded => [.. launchers.Keys];

    public Action<AcceleratorStream, KernelConfig, TKernel> Load<TKernel>()
        where TKernel : struct, IDeviceKernel =>
        (Action<AcceleratorStream, KernelConfig, TKernel>)(launchers.TryGetValue(typeof(TKernel), out var launcher)
            ? launcher
            : Compile<TKernel>());

    // Separate, so that launching a compiled kernel allocates nothing.
    private Delegate Compile<TKernel>()
        where TKernel : struct, IDeviceKernel =>
        launchers.GetOrAdd(
            typeof(TKernel), kernel => Compile(kernel).CreateLauncherDelegate<Action<AcceleratorStream, KernelConfig, TKernel>>());

    private Kernel Compile(Type kernelType)
    {
        var method = Compilation.EntryOf(kernelType);
        if (accelerator.AcceleratorType == AcceleratorType.CPU)
            return accelerator.LoadKernel(method);
        var compiled = accelerator.GetBackend()
            .Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), Compilation.SpecializationOf(kernelType));
        if (compiled is PTXCompiledKernel ptx)
            UniformBranchRepair.Apply(ptx);
        var kernel = DriverCall.Run(() => accelerator.LoadKernel(compiled), $"{accelerator.Name} cannot build a kernel");
        // A launch may add all shared memory. Only the kernel's text shows whether it uses any.
        if (kernel is CudaKernel onGpu && compiled is PTXCompiledKernel { PTXAssembly: var text }
            && text.Contains(".extern .shared", StringComparison.Ordinal))
        {
            using var bound = accelerator.BindScoped();
            CudaDriver.AllowSharedMemory(onGpu.FunctionPtr, sharedMemory);
        }
        return kernel;
    }
}
