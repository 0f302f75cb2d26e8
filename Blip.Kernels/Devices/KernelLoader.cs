using System.Collections.Concurrent;
using System.Reflection;
using Blip.Kernels.Ptx;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <summary>Compiles each kernel once for a device and keeps its launcher.</summary>
internal sealed class KernelLoader(Accelerator accelerator, int sharedMemory)
{
    // The compiler keeps one delegate per static method group, so that a launch costs one look-up by reference.
    private readonly ConcurrentDictionary<Delegate, Delegate> byDelegate = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(MethodInfo Kernel, Type Launcher), Delegate> byMethod = [];

    /// <summary>The kernels that were compiled so far.</summary>
    public IReadOnlyCollection<MethodInfo> Loaded
    {
        get
        {
            lock (byMethod)
                return [.. byMethod.Keys.Select(key => key.Kernel)];
        }
    }

    public TLauncher Load<TLauncher>(Delegate kernel)
        where TLauncher : Delegate
    {
        if (byDelegate.TryGetValue(kernel, out var launcher))
            return (TLauncher)launcher;
        lock (byMethod)
        {
            if (!byMethod.TryGetValue((kernel.Method, typeof(TLauncher)), out launcher))
            {
                launcher = Compile(kernel.Method).CreateLauncherDelegate<TLauncher>();
                byMethod.Add((kernel.Method, typeof(TLauncher)), launcher);
            }
        }
        byDelegate.TryAdd(kernel, launcher);
        return (TLauncher)launcher;
    }

    private Kernel Build(CompiledKernel compiled)
    {
        lock (Device.Drivers)
            return accelerator.LoadKernel(compiled);
    }

    private Kernel Compile(MethodInfo method)
    {
        if (accelerator.AcceleratorType == AcceleratorType.CPU)
            return accelerator.LoadKernel(method);
        var compiled = accelerator.GetBackend().Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), Compilation.SpecializationOf(method));
        if (compiled is PTXCompiledKernel ptx)
            UniformBranchRepair.Apply(ptx);
        var kernel = Build(compiled);
        // What a launch adds to the kernel's own shared memory may be all that there is. ILGPU keeps to itself whether there is any: its text says so.
        if (kernel is CudaKernel onGpu && compiled is PTXCompiledKernel { PTXAssembly: var text } && text.Contains(".extern .shared", StringComparison.Ordinal))
        {
            using var bound = accelerator.BindScoped();
            CudaDriver.AllowSharedMemory(onGpu.FunctionPtr, sharedMemory);
        }
        return kernel;
    }
}
