using System.Runtime.InteropServices;

namespace Blip.Cli;

internal static partial class DriverMessages
{
    // PoCL adds these to each program's build options; -w means "no warnings".
    private const string ExtraFlags = "POCL_EXTRA_BUILD_FLAGS", NoWarnings = "-w";

    /// <summary>Suppresses PoCL's compiler warnings unless the user set the variable. Call it before the first device.</summary>
    public static void Silence()
    {
        // .NET's environment is a copy, which native libraries do not see.
        if (!OperatingSystem.IsWindows())
            _ = SetVariable(ExtraFlags, NoWarnings, overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
