using Blip.Emulation.Driver;

/// <summary>
/// Found by .NET where <c>DOTNET_STARTUP_HOOKS</c> names this assembly: any program that calls CUDA is emulated, without being changed.
/// The runtime asks for this name outside of every namespace.
/// </summary>
internal static class StartupHook
{
    private const int Usage = 2;

    /// <summary>Called before the program's first line, so that no device is open yet.</summary>
    public static void Initialize()
    {
        try
        {
            EmulatedDriver.InstallIfAsked();
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            // An exception that leaves a hook ends the process with a stack trace.
            Console.Error.WriteLine(e.Message);
            Environment.Exit(Usage);
        }
    }
}
