using System.Diagnostics;
using Blip.Emulation.Driver;

namespace Blip.Tests.Emulation;

/// <summary>The emulator as users have it: in front of a program that does not refer to it.</summary>
public class StartupHookTests
{
    [Fact]
    public void A_program_that_knows_nothing_of_it_sees_the_emulated_devices()
    {
        using var needed = EmulatedDevices.Show();

        var (exitCode, output, errors) = Devices("emulated:90");

        Assert.True(exitCode == 0, errors);
        Assert.Contains("cuda:0", output, StringComparison.Ordinal);
        Assert.Contains("emulated GPU, sm_90", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_being_asked_it_changes_nothing()
    {
        var (exitCode, output, errors) = Devices("");

        Assert.True(exitCode == 0, errors);
        Assert.DoesNotContain("emulated", output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_value_is_refused_before_the_program_starts()
    {
        var (exitCode, output, errors) = Devices("emulated:12");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Equal("BLIP_CUDA is 'emulated:12'; give emulated, emulated:75, emulated:80 or emulated:90, or leave it empty.",
            errors.Trim());
    }

    [Fact]
    public void The_tool_does_not_hold_it()
    {
        var references = typeof(Blip.Cli.BlipProgram).Assembly.GetReferencedAssemblies().Select(name => name.Name);

        Assert.DoesNotContain("Blip.Emulation", references);
    }

    private static (int ExitCode, string Output, string Errors) Devices(string asked)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "blip"), ["devices"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [EmulatedDriver.Variable] = asked, ["DOTNET_STARTUP_HOOKS"] = typeof(EmulatedDriver).Assembly.Location },
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
