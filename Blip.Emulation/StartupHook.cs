using Blip.Emulation.Driver;

/// <summary>
/// Found by .NET when <c>DOTNET_STARTUP_HOOKS</c> names this assembly: unchanged programs that call CUDA are emulated. The runtime requires
/// this name outside every namespace.
/// </summary>
internal static class StartupHook
{
    private const int Usage = 2;

    /// <summary>Runs before the program, when no device is open.</summary>
    public static void Initialize()
    {
        try
        {
            EmulatedDriver.InstallIfAsked();
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            // An exception from a hook would end the process with a stack trace.
            Console.Error.WriteLine(e.Message);
            Environment.Exit(Usage);
        }
    }
}
