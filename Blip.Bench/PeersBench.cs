using System.Diagnostics;

namespace Blip.Bench;

/// <summary>
/// Builds and runs <c>Blip.Bench/Peers</c>, a project of its own, since the libraries that it measures against are 600 MB that nothing
/// else needs. <c>dotnet run -c Release --project Blip.Bench -- peers …</c>
/// </summary>
internal static class PeersBench
{
    private const string Project = "Blip.Bench/Peers/Blip.Bench.Peers.csproj";

    /// <summary>Passes the arguments on, and the exit status back.</summary>
    public static int Run(string[] args)
    {
        if (Find() is not { } project)
        {
            Console.Error.WriteLine($"{Project} is not above {Environment.CurrentDirectory} or {AppContext.BaseDirectory}; run this in a checkout of the sources.");
            return 2;
        }
        using var child = Process.Start(new ProcessStartInfo("dotnet", ["run", "-c", "Release", "--project", project, "--", .. args]))!;
        child.WaitForExit();
        return child.ExitCode;
    }

    private static string? Find()
    {
        foreach (var start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (Path.Combine(folder.FullName, Project) is var path && File.Exists(path))
                    return path;
            }
        }
        return null;
    }
}
