using System.Diagnostics;

namespace Blip.Tests.Bootstrapping;

/// <summary>Programs of the machine.</summary>
internal static class Programs
{
    // Daemons lie where a plain user's path does not lead.
    private static readonly string[] Places = OperatingSystem.IsWindows()
        ? []
        : [.. Environment.GetEnvironmentVariable("PATH")!.Split(':'), "/usr/sbin", "/usr/local/sbin"];

    public static bool OnPath(string program) => Find(program) is not null;

    public static string? Find(string program) => Places.Select(place => Path.Combine(place, program)).FirstOrDefault(File.Exists);

    /// <summary>Runs one to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var stop = TestContext.Current.CancellationToken;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        await process.WaitForExitAsync(stop);
        return (process.ExitCode, await output, await error);
    }
}
