using System.Runtime.InteropServices;

namespace Blip.Kernels.MachineCode;

/// <summary>Linux keeps tiles only for processes that asked (Documentation/arch/x86/xstate.rst).</summary>
internal static partial class AmxPermission
{
    private const long ArchPrctl = 158, RequestPermission = 0x1023, TileData = 18;

    /// <summary>Why tiles may not be used, or null.</summary>
    public static string? Refusal { get; } = Ask();

    private static string? Ask()
    {
        if (!OperatingSystem.IsLinux())
            return "AMX is used on Linux alone";
        return SystemCall(ArchPrctl, RequestPermission, TileData) == 0 ? null : "the system allows no tiles of AMX";
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SystemCall(long number, long code, long feature);
}
