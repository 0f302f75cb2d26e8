using System.Diagnostics;
using System.Globalization;
using Blip.Tests.Bootstrapping;

namespace Blip.Tests.Cli;

/// <summary>Bootstrapping as a shell runs it: killed, beside others, on a full disk.</summary>
public sealed class BootstrapProcessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kills_at_any_moment_change_no_byte()
    {
        FullRun.Only();
        using var world = await BootstrapWorld.OfTarsAsync(images: 48, shardSize: 12);
        Assert.Equal(0, (await RunAsync(world, "whole")).ExitCode);
        var (random, kills) = (new Random(5), 0);
        // Two processes work on one folder; each is killed once it has begun, until nothing is left to do.
        while (true)
        {
            using var first = Start(world, "killed");
            using var second = Start(world, "killed");
            // A kill before the first batch proves little, and a slow machine would never come to an end.
            var before = Written(world.At("killed"));
            await UntilAsync(() => Written(world.At("killed")) > before || (first.HasExited && second.HasExited));
            await Task.Delay(random.Next(0, 300), Token);
            if (first.HasExited && second.HasExited)
            {
                Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
                break;
            }
            first.Kill();
            second.Kill();
            await Task.WhenAll(first.WaitForExitAsync(Token), second.WaitForExitAsync(Token));
            Assert.True(++kills < 60, "no progress between the kills");
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills");
        Assert.True(kills > 0);
        var (expected, found) = (world.Files("whole"), world.Files("killed"));
        foreach (var stray in found.Keys.Where(name => name.Contains(".tmp", StringComparison.Ordinal)).ToList())
            Assert.Fail($"{stray} was left behind");
        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_the_run_goes_on_when_there_is_room()
    {
        FullRun.Only();
        using var world = await BootstrapWorld.OfTarsAsync(images: 24, shardSize: 24);
        Assert.Equal(0, (await RunAsync(world, "whole")).ExitCode);
        Directory.CreateDirectory(world.At("full"));
        Assert.SkipUnless(await MountAsync(world, "size=16k"), "needs the right to mount a small disk (root on Linux)");
        try
        {
            // The manifest and a part of the journal.
            var full = await RunAsync(world, "full");
            Assert.Equal(1, full.ExitCode);
            Assert.Contains("cannot be written", full.Error, StringComparison.Ordinal);
            Assert.Contains("What is finished is kept", full.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", full.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(world.At("full/00000.done.json")));
            var finished = File.ReadAllLines(world.At("full/00000.journal")).Length - 1;
            Assert.InRange(finished, 1, 23);

            // The journal fits now, and the tar does not.
            Assert.True(await MountAsync(world, "remount,size=40k"));
            full = await RunAsync(world, "full");
            Assert.Equal(1, full.ExitCode);
            Assert.Contains($"goes on behind {finished} finished images", full.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(world.At("full/00000.done.json")));

            Assert.True(await MountAsync(world, "remount,size=4m"));
            full = await RunAsync(world, "full");
            Assert.Equal(0, full.ExitCode);
            Assert.Contains("goes on behind 24 finished images", full.Error, StringComparison.Ordinal);
            Assert.Equal(world.Files("whole"), world.Files("full"));
        }
        finally
        {
            using var unmount = Process.Start("umount", [world.At("full")]);
            await unmount.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<bool> MountAsync(BootstrapWorld world, string options)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/bin/mount"))
            return false;
        using var mount = Process.Start(Command("/bin/mount", ["-t", "tmpfs", "-o", options, "tmpfs", world.At("full")]))!;
        await mount.WaitForExitAsync(Token);
        return mount.ExitCode == 0;
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_signal_ends_a_run_behind_its_batch(string signal, int exitCode)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs signals");
        if (signal != "TERM")
            FullRun.Only();
        using var world = await BootstrapWorld.OfTarsAsync(images: 400, shardSize: 400);
        using var process = Start(world, "out");
        var journal = world.At("out/00000.journal");
        await UntilAsync(() => File.Exists(journal) && new FileInfo(journal).Length > 1000);
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync(Token);
        Assert.Equal(exitCode, process.ExitCode);
        // Whole lines alone.
        Assert.Equal((byte)'\n', File.ReadAllBytes(journal)[^1]);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("USR1")]
    public async Task A_signal_to_a_task_of_a_cluster_asks_to_be_started_again(string signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs signals");
        FullRun.Only();
        using var world = await BootstrapWorld.OfTarsAsync(images: 400, shardSize: 400);
        using var process = Start(world, "out", "--from", "slurm");
        var journal = world.At("out/00000.journal");
        await UntilAsync(() => File.Exists(journal) && new FileInfo(journal).Length > 1000);
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync(Token);
        Assert.Equal(75, process.ExitCode);
    }

    // Bytes of journals, and of finished shards.
    private static long Written(string folder)
    {
        if (!Directory.Exists(folder))
            return 0;
        var done = Directory.EnumerateFiles(folder, "*.done.json").Count();
        return (1L << 40) * done
            + Directory.EnumerateFiles(folder, "*.journal").Sum(file => new FileInfo(file) is { Exists: true } info ? info.Length : 0);
    }

    [Fact]
    public async Task A_pod_of_an_indexed_job_takes_the_shards_of_its_index()
    {
        FullRun.Only();
        using var world = await BootstrapWorld.OfTarsAsync(images: 8, shardSize: 2);
        var command = BootstrapProgram.Run(world.Web, world.At("out"), "--from", "k8s", "--shards-per-task", "3");
        foreach (var (index, expected) in new[]
            {
                (1, "00003.done.json"), (0, "00000.done.json 00001.done.json 00002.done.json 00003.done.json"),
            })
        {
            var start = Command(command[0], command.Skip(1));
            start.Environment["JOB_COMPLETION_INDEX"] = $"{index}";
            using var process = Process.Start(start)!;
            var error = await process.StandardError.ReadToEndAsync(Token);
            await process.WaitForExitAsync(Token);
            Assert.True(process.ExitCode == 0, error);
            Assert.Equal(expected.Split(' '), Directory.EnumerateFiles(world.At("out"), "*.done.json").Select(Path.GetFileName).Order());
        }
    }

    private static async Task UntilAsync(Func<bool> what)
    {
        for (var start = Stopwatch.StartNew(); !what(); await Task.Delay(20, Token))
            Assert.True(start.Elapsed < TimeSpan.FromMinutes(1), "it did not come to that within a minute");
    }

    private static ProcessStartInfo Command(string file, params IEnumerable<string> arguments) => new(file, arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment =
        {
            ["SLURM_ARRAY_TASK_ID"] = "0",
            ["SLURM_ARRAY_TASK_COUNT"] = "1",
            ["SLURM_ARRAY_TASK_MIN"] = "0",
            ["SLURM_ARRAY_TASK_MAX"] = "0",
        },
    };

    private static Process Start(BootstrapWorld world, string output, params string[] more)
    {
        var command = BootstrapProgram.Run(world.Web, world.At(output), more);
        var process = Process.Start(Command(command[0], command.Skip(1)))!;
        // A full pipe would hold it back.
        _ = process.StandardOutput.ReadToEndAsync(Token);
        _ = process.StandardError.ReadToEndAsync(Token);
        return process;
    }

    private static async Task<CliRun> RunAsync(BootstrapWorld world, string output)
    {
        var command = BootstrapProgram.Run(world.Web, world.At(output));
        using var process = Process.Start(Command(command[0], command.Skip(1)))!;
        var (text, error) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token);
        return new CliRun(process.ExitCode, await text, await error);
    }
}
