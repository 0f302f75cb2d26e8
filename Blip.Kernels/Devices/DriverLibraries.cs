using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace Blip.Kernels.Devices;

/// <summary>
/// ILGPU looks for <c>libOpenCL.so</c> and <c>libcuda.so</c>, the names that development packages install; a machine that only runs programs
/// has the versioned names. Both are tried.
/// </summary>
internal static class DriverLibraries
{
#pragma warning disable CA2255 // A library that wraps a native loader must be in place before the first call, whoever makes it.
    [ModuleInitializer]
    internal static void Register()
    {
        NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
        // What CudaDriver calls is to come from the driver that ILGPU has loaded.
        NativeLibrary.SetDllImportResolver(typeof(DriverLibraries).Assembly, Resolve);
    }
#pragma warning restore CA2255

    // Libraries that stand in for a driver, by the driver's name.
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, nint> Replacements = new(StringComparer.Ordinal);

    /// <summary>Gives a loaded library in the place of a driver to all that is resolved from now on.</summary>
    internal static void Replace(string name, nint library) => Replacements[name] = library;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? paths)
    {
        if (Replacements.TryGetValue(name, out var replacement))
            return replacement;
        if (NativeLibrary.TryLoad(name, assembly, paths, out var handle) || !OperatingSystem.IsLinux())
            return handle;
        return NativeLibrary.TryLoad($"lib{name}.so.1", assembly, paths, out handle) ? handle : 0;
    }
}
