using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using Blip.Emulation.Machine;

namespace Blip.Emulation.Driver;

/// <summary>
/// A CUDA driver without a GPU, on <see cref="EmulatedGpu"/>: ILGPU loads it instead of libcuda. Programs install it before they open a
/// device.
/// </summary>
public static class EmulatedDriver
{
    /// <summary>
    /// The environment variable that requests it: <c>emulated</c>, or <c>emulated:75</c>, <c>emulated:80</c>, <c>emulated:90</c> for an
    /// architecture.
    /// </summary>
    public const string Variable = "BLIP_CUDA";

    private static readonly Lock Installing = new();
    private static readonly ConcurrentDictionary<string, long> Calls = new(StringComparer.Ordinal);
    private static readonly AsyncLocal<bool> Shown = new();
    private static readonly AsyncLocal<int?> ShownArchitecture = new();
    private static bool installed;
    private static bool visible;

    /// <summary>The options of contexts created from now on.</summary>
    public static EmulationOptions Options { get; set; } = new();

    /// <summary>Ten times the compute capability of devices listed from now on.</summary>
    public static int Architecture { get; set; } = 80;

    /// <summary>Devices, each with separate memory.</summary>
    public static int DeviceCount { get; set; } = 2;

    /// <summary>
    /// Whether queued work runs only when a call waits, as on a busy GPU, and reports faults then. Otherwise it runs at once, and the
    /// faulty call reports.
    /// </summary>
    public static bool Lazy { get; set; } = true;

    /// <summary>The calls of each entry point since the last <see cref="ResetCounters"/>.</summary>
    public static IReadOnlyDictionary<string, long> Counters => Calls;

    /// <summary>The instructions and launches of destroyed contexts.</summary>
    public static LaunchCounts Retired { get; internal set; }

    /// <summary>The last fault of a kernel or call, or null.</summary>
    public static Exception? LastFault { get; internal set; }

    /// <summary>The objects left when contexts were destroyed.</summary>
    public static IReadOnlyCollection<string> Leaks => LeakList;

    /// <summary>Receives all work queued on streams, and waits, in order per device.</summary>
    internal static Action<StreamCall>? Watcher { get; set; }

    internal static ConcurrentQueue<string> LeakList { get; } = [];

    internal static bool IsVisible => visible || Shown.Value;

    /// <summary>The architecture of devices that the calling thread lists.</summary>
    internal static int ListedArchitecture => ShownArchitecture.Value ?? Architecture;

    // The limits of such GPUs (CUDA C++ Programming Guide, "Technical Specifications per Compute Capability"), unless options are lower.
    internal static int SharedMemoryOnRequest =>
        Math.Min(Options.MaxSharedBytes, ListedArchitecture switch { 75 => 64, 80 => 163, _ => 227 } * 1024);

    /// <summary>Resets every counter.</summary>
    public static void ResetCounters() => Calls.Clear();

    /// <summary>Replaces CUDA's driver if the environment requests it.</summary>
    /// <returns>Whether it did.</returns>
    /// <exception cref="ArgumentException">The variable has another value.</exception>
    /// <exception cref="NotSupportedException">The driver cannot be built here.</exception>
    public static bool InstallIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } asked)
            return false;
        var parts = asked.Split(':');
        if (parts[0] != "emulated" || parts.Length > 2 || (parts.Length == 2 && parts[1] is not ("75" or "80" or "90")))
            throw new ArgumentException(
                $"{Variable} is '{asked}'; give emulated, emulated:75, emulated:80 or emulated:90, or leave it empty.");
        Install();
        Architecture = parts.Length == 2 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : Architecture;
        visible = true;
        return true;
    }

    /// <summary>Replaces CUDA's driver in this process. Devices are visible after <see cref="Show"/>.</summary>
    /// <exception cref="NotSupportedException">It cannot be built here.</exception>
    public static void Install()
    {
        lock (Installing)
        {
            if (installed)
                return;
            // The library's SONAME is libcuda.so, for which the loader now returns it.
            var library = NativeLibrary.Load(StandInLibrary.Build());
            foreach (var method in typeof(EntryPoints).GetMethods(BindingFlags.Static | BindingFlags.Public)
                .Where(method => method.IsDefined(typeof(UnmanagedCallersOnlyAttribute))))
                Marshal.WriteIntPtr(NativeLibrary.GetExport(library, $"blip_{method.Name}"), method.MethodHandle.GetFunctionPointer());
            installed = true;
        }
    }

    /// <summary>Shows the emulated devices to the calling thread, and threads it starts, until disposal.</summary>
    /// <param name="architecture">Ten times their compute capability, for that thread only; null keeps the present one, by default
    /// <see cref="Architecture"/>.</param>
    public static IDisposable Show(int? architecture = null)
    {
        var before = new EarlierView(Shown.Value, ShownArchitecture.Value);
        (Shown.Value, ShownArchitecture.Value) = (true, architecture ?? ShownArchitecture.Value);
        return before;
    }

    /// <summary>The kernels in an ILGPU context (<c>Accelerator.NativePtr</c>).</summary>
    internal static IReadOnlyList<EmulatedKernel> KernelsOf(nint context) => EntryPoints.Context(context).Kernels;

    internal static void Count(string call) => Calls.AddOrUpdate(call, 1, (_, count) => count + 1);

    /// <summary>A call about a stream.</summary>
    internal readonly record struct StreamCall(int Device, nint Stream, string Name);

    private sealed class EarlierView(bool shown, int? architecture) : IDisposable
    {
        public void Dispose() => (Shown.Value, ShownArchitecture.Value) = (shown, architecture);
    }
}
