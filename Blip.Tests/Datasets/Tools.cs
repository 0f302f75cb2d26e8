using System.ComponentModel;
using System.Diagnostics;

namespace Blip.Tests.Datasets;

/// <summary>Other programs that read and write data sets.</summary>
internal static class Tools
{
    /// <summary>Runs a program, and returns its output; the test is skipped where the program is not there.</summary>
    public static string Run(string program, string folder, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors.Result}");
            return output;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed.");
            throw;
        }
    }

    /// <summary>GNU tar; BSD's, which Windows and macOS have, prints and writes otherwise.</summary>
    public static string GnuTar(string folder, params string[] arguments)
    {
        if (!Run("tar", folder, "--version").Contains("GNU tar", StringComparison.Ordinal))
            Assert.Skip("tar is not GNU tar.");
        return Run("tar", folder, arguments);
    }
}
