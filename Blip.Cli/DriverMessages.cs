using System.Runtime.InteropServices;

namespace Blip.Cli;

/// <summary>Lines that drivers write to standard error, between our own.</summary>
internal static partial class DriverMessages
{
    // PoCL adds these to the options of each program that it builds; -w is "no warnings".
    private const string ExtraFlags = "POCL_EXTRA_BUILD_FLAGS", NoWarnings = "-w";

    /// <summary>Keeps the warnings of PoCL's compiler off the screen; a value that a user has set stays. It must come before the first device.</summary>
    public static void Silence()
    {
        // The runtime's own environment is a copy, which native libraries do not see.
        if (!OperatingSystem.IsWindows())
            _ = SetVariable(ExtraFlags, NoWarnings, overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
