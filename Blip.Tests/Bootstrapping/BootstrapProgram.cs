using System.Diagnostics;
using Blip.Tests.Cli;

namespace Blip.Tests.Bootstrapping;

/// <summary><c>blip bootstrap run</c> as a process, with the demo models.</summary>
internal static class BootstrapProgram
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "blip.dll");

    /// <summary>The words of the command.</summary>
    public static string[] Run(string web, string output, params string[] more) =>
    [
        Programs.Find("dotnet")!, Program, "bootstrap", "run", web, "--output", output,
        "--captioner", Demo.Model, "--filter", DemoMatching.Model,
        "--device", "cpu", "--batch-size", "4", .. more,
    ];

    /// <summary>Starts a command; its output is read, so that no full pipe holds it back.</summary>
    public static Process Start(IReadOnlyList<string> command, Action<string>? said = null)
    {
        var process = Process.Start(
            new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += (_, line) => said?.Invoke(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => said?.Invoke(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
