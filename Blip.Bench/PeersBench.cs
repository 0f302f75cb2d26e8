using System.Diagnostics;
using Blip.Bench.Reporting;

namespace Blip.Bench;

/// <summary>
/// Builds and runs <c>Blip.Bench/Peers</c>, a separate project: its peer libraries are 600 MB that nothing else needs. <c>dotnet run -c
/// Release --project Blip.Bench -- peers …</c>
/// </summary>
internal static class PeersBench
{
    private const string Project = "Blip.Bench/Peers/Blip.Bench.Peers.csproj";

    /// <summary>Passes on arguments, and returns the exit status.</summary>
    /// <exception cref="UsageException">This is not a checkout of the sources.</exception>
    public static int Run(string[] args)
    {
        using var child = Process.Start(
            new ProcessStartInfo("dotnet", ["run", "-c", "Release", "--project", Checkout.Path(Project, "peers"), "--", .. args]))!;
        child.WaitForExit();
        return child.ExitCode;
    }
}
