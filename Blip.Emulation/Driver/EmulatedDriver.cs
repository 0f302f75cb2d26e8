using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using Blip.Emulation.Machine;

namespace Blip.Emulation.Driver;

/// <summary>
/// A CUDA driver without a GPU: the library that ILGPU loads in place of libcuda, and behind it <see cref="EmulatedGpu"/>. Programs that want
/// it install it before they open their first device.
/// </summary>
public static class EmulatedDriver
{
    /// <summary>The environment variable that asks for it: <c>emulated</c>, or <c>emulated:75</c>, <c>emulated:80</c>, <c>emulated:90</c> for an architecture.</summary>
    public const string Variable = "BLIP_CUDA";

    private static readonly Lock Installing = new();
    private static readonly ConcurrentDictionary<string, long> Calls = new(StringComparer.Ordinal);
    private static readonly AsyncLocal<bool> Shown = new();
    private static readonly AsyncLocal<int?> ShownArchitecture = new();
    private static bool installed;
    private static bool visible;

    /// <summary>How kernels of contexts that are created from now on are run.</summary>
    public static EmulationOptions Options { get; set; } = new();

    /// <summary>Compute capability times ten of devices that are listed from now on.</summary>
    public static int Architecture { get; set; } = 80;

    /// <summary>Devices, each with its own memory.</summary>
    public static int DeviceCount { get; set; } = 2;

    /// <summary>
    /// Whether queued work waits until somebody waits for it, as on a busy GPU; a fault is told then. False runs everything at once, so that
    /// the call that causes a fault is the one that tells it.
    /// </summary>
    public static bool Lazy { get; set; } = true;

    /// <summary>How often each entry point was called since the last <see cref="ResetCounters"/>.</summary>
    public static IReadOnlyDictionary<string, long> Counters => Calls;

    /// <summary>Instructions of contexts that were destroyed, and launches.</summary>
    public static LaunchCounts Retired { get; internal set; }

    /// <summary>The last fault of a kernel or a call; null where there was none.</summary>
    public static Exception? LastFault { get; internal set; }

    /// <summary>The objects that remained when contexts were destroyed; empty where all were freed.</summary>
    public static IReadOnlyCollection<string> Leaks => LeakList;

    /// <summary>Told of all work queued on a stream, and of the waits for one, device by device in order; null for no listener.</summary>
    internal static Action<StreamCall>? Watcher { get; set; }

    internal static ConcurrentQueue<string> LeakList { get; } = [];

    internal static bool IsVisible => visible || Shown.Value;

    /// <summary>The architecture of devices that the calling thread lists.</summary>
    internal static int ListedArchitecture => ShownArchitecture.Value ?? Architecture;

    // The limits of such GPUs (CUDA C++ Programming Guide, "Technical Specifications per Compute Capability"), unless less is asked for.
    internal static int SharedMemoryOnRequest => Math.Min(Options.MaxSharedBytes, ListedArchitecture switch { 75 => 64, 80 => 163, _ => 227 } * 1024);

    /// <summary>Puts every counter back to nothing.</summary>
    public static void ResetCounters() => Calls.Clear();

    /// <summary>Puts the driver in the place of CUDA's, if the environment asks for it.</summary>
    /// <returns>Whether it did.</returns>
    /// <exception cref="ArgumentException">The variable says something else.</exception>
    /// <exception cref="NotSupportedException">The driver cannot be built here.</exception>
    public static bool InstallIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } asked)
            return false;
        var parts = asked.Split(':');
        if (parts[0] != "emulated" || parts.Length > 2 || (parts.Length == 2 && parts[1] is not ("75" or "80" or "90")))
            throw new ArgumentException($"{Variable} is '{asked}'; give emulated, emulated:75, emulated:80 or emulated:90, or leave it empty.");
        Install();
        Architecture = parts.Length == 2 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : Architecture;
        visible = true;
        return true;
    }

    /// <summary>Puts the driver in the place of CUDA's for this process. Its devices are seen where <see cref="Show"/> was called.</summary>
    /// <exception cref="NotSupportedException">It cannot be built here.</exception>
    public static void Install()
    {
        lock (Installing)
        {
            if (installed)
                return;
            // The library says in its SONAME that it is libcuda.so: the loader gives it to everybody who asks for that name from now on.
            var library = NativeLibrary.Load(StandInLibrary.Build());
            foreach (var method in typeof(EntryPoints).GetMethods(BindingFlags.Static | BindingFlags.Public).Where(method => method.IsDefined(typeof(UnmanagedCallersOnlyAttribute))))
                Marshal.WriteIntPtr(NativeLibrary.GetExport(library, $"blip_{method.Name}"), method.MethodHandle.GetFunctionPointer());
            installed = true;
        }
    }

    /// <summary>Lets the calling thread, and the threads it starts, see the emulated devices until the result is disposed.</summary>
    /// <param name="architecture">Their compute capability times ten for that thread alone; null leaves it, which is <see cref="Architecture"/>.</param>
    public static IDisposable Show(int? architecture = null)
    {
        var before = new EarlierView(Shown.Value, ShownArchitecture.Value);
        (Shown.Value, ShownArchitecture.Value) = (true, architecture ?? ShownArchitecture.Value);
        return before;
    }

    /// <summary>Kernels that are loaded in a context of ILGPU's (<c>Accelerator.NativePtr</c>).</summary>
    internal static IReadOnlyList<EmulatedKernel> KernelsOf(nint context) => EntryPoints.Context(context).Kernels;

    internal static void Count(string call) => Calls.AddOrUpdate(call, 1, (_, count) => count + 1);

    /// <summary>A call about a stream.</summary>
    /// <param name="Device">Number of the device.</param>
    /// <param name="Stream">Handle of the stream.</param>
    /// <param name="Name">The entry point.</param>
    internal readonly record struct StreamCall(int Device, nint Stream, string Name);

    private sealed class EarlierView(bool shown, int? architecture) : IDisposable
    {
        public void Dispose() => (Shown.Value, ShownArchitecture.Value) = (shown, architecture);
    }
}
