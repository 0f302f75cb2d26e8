using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace Blip.Kernels.Devices;

/// <summary>
/// Also tries the versioned <c>libOpenCL.so</c> and <c>libcuda.so</c>: ILGPU's names come only from development packages.
/// </summary>
internal static class DriverLibraries
{
#pragma warning disable CA2255 // A library that wraps a native loader must be in place before the first call.
    [ModuleInitializer]
    internal static void Register()
    {
        NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
        // CudaDriver must call the driver that ILGPU loaded.
        NativeLibrary.SetDllImportResolver(typeof(DriverLibraries).Assembly, Resolve);
    }
#pragma warning restore CA2255

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? paths)
    {
        if (NativeLibrary.TryLoad(name, assembly, paths, out var handle) || !OperatingSystem.IsLinux())
            return handle;
        return NativeLibrary.TryLoad($"lib{name}.so.1", assembly, paths, out handle) ? handle : 0;
    }
}
