using System.Diagnostics;
using Blip.Bootstrapping.Submitting;

namespace Blip.Tests.Bootstrapping;

/// <summary>The batch script of a Slurm array: its text, and its effect when it runs, with programs in the place of Slurm's.</summary>
public sealed class SlurmScriptTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private SlurmScript Plain => new() { Command = ["/bin/true"], Shards = [0, 1, 2, 3, 4, 5, 6, 7], LogFolder = "/logs" };

    [Fact]
    public void Directives_say_what_was_asked_for()
    {
        var script = Plain with
        {
            TasksAtOnce = 2,
            ShardsPerTask = 3,
            JobName = "my \"job\"",
            Time = TimeSpan.FromMinutes(90.5),
            Partition = "gpu",
            LogFolder = "/l o/$g/100%/it's",
            Directives = ["--gres=gpu:1", "--mem=8G"],
        };
        string[] expected =
        [
            "#!/bin/bash", "#SBATCH --job-name=\"my \\\"job\\\"\"", "#SBATCH --array=0-2%2", "#SBATCH --requeue",
            "#SBATCH --signal=B:USR1@120", "#SBATCH --open-mode=append", "#SBATCH --output=\"/l o/$g/100%%/it's/slurm-%A_%a.log\"",
            "#SBATCH --time=91", "#SBATCH --partition=\"gpu\"", "#SBATCH --gres=gpu:1", "#SBATCH --mem=8G", "",
        ];
        Assert.Equal(expected, script.Write().Split('\n').Take(expected.Length));
        Assert.DoesNotContain("--time", Plain.Write(), StringComparison.Ordinal);
        Assert.Contains("#SBATCH --array=0-7\n", Plain.Write(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000, 1001, 1, "0-1000")]
    [InlineData(1001, 1001, 2, "0-500")]
    [InlineData(123_456, 1001, 124, "0-995")]
    [InlineData(9, 5, 2, "0-4")]
    public void The_largest_index_is_one_that_the_cluster_allows(int lastShard, int maxArraySize, int perTask, string array)
    {
        var script = Plain with { Shards = [.. Enumerable.Range(0, lastShard + 1)], MaxArraySize = maxArraySize };
        Assert.Equal(perTask, script.BlockSize());
        Assert.Contains($"#SBATCH --array={array}\n", script.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tasks_without_a_missing_shard_are_left_out()
    {
        // Of blocks of three these are in the blocks 0, 2 and 3.
        var script = Plain with { Shards = [11, 1, 8, 2], ShardsPerTask = 3 };
        Assert.Contains("#SBATCH --array=0,2-3\n", script.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_are_told()
    {
        const string Large = "With 2 shards per task the largest index is 1999, and this cluster allows 1000";
        Tells(Large + " (MaxArraySize): give 4 or more.", Plain with { Shards = [3999], ShardsPerTask = 2 });
        Tells("0 shards per task are too few", Plain with { ShardsPerTask = 0 });
        Tells("All shards are done", Plain with { Shards = [] });
        Tells("0 tasks at once are too few", Plain with { TasksAtOnce = 0 });
        Tells("-1 restarts are too few", Plain with { MaxRestarts = -1 });
        Tells("There is no program", Plain with { Command = [] });
        Tells("is too short", Plain with { Time = TimeSpan.FromMinutes(3) });
        Tells("'gres=gpu:1' is no option of sbatch", Plain with { Directives = ["gres=gpu:1"] });
        Tells("is no option of sbatch", Plain with { Directives = ["--mem=1G\nrm"] });
        Tells("has a line break", Plain with { LogFolder = "/a\nb" });
        Tells("has a backslash", Plain with { LogFolder = "/a\\b" });
        Tells("holds a NUL", Plain with { Command = ["a\0b"] });
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        string[] arguments =
        [
            "a b", "it's", "\"q\"", "$HOME", "`id`", "$(id)", "back\\slash", "*", "new\nline", "", "caf\u00e9", "!x", "{command}",
            "{restarts}", "# no comment", "-n",
        ];
        var program = Program("show", "printf '%s\\0' \"$@\"");
        var (exitCode, output, error) = await RunAsync([program, .. arguments]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal([.. arguments, "--from", "slurm", "--shards-per-task", "1"], output.Split('\0').SkipLast(1));
    }

    [Theory]
    // Ends as the child does, without a word to Slurm.
    [InlineData("exit 0", "75", "RUNNING", 0, 0, "")]
    [InlineData("exit 1", "(null)", "RUNNING", 0, 1, "")]
    [InlineData("exit 2", "(null)", "RUNNING", 0, 2, "")]
    // Sites that requeue by themselves: the code is enough.
    [InlineData("exit 75", "75", "RUNNING", 0, 75, "")]
    [InlineData("exit 75", "1,70-80,99", "RUNNING", 0, 75, "")]
    [InlineData("kill -9 $$", "3,75", "RUNNING", 4, 75, "")]
    // Other sites: it asks for it, for this task alone.
    [InlineData("exit 75", "(null)", "RUNNING", 0, 75, "requeue 12_3\n")]
    [InlineData("kill -9 $$", "1,76-80,175", "RUNNING", 4, 75, "requeue 12_3\n")]
    // Cancelled: it must not come back.
    [InlineData("exit 75", "(null)", "COMPLETING", 0, 75, "")]
    [InlineData("exit 75", "(null)", "", 0, 75, "")]
    // It was started again often enough.
    [InlineData("exit 75", "75", "RUNNING", 5, 1, "")]
    [InlineData("kill -9 $$", "(null)", "RUNNING", 6, 1, "")]
    public async Task The_end_of_the_child_decides(string child, string requeueExit, string state, int restarts, int expected, string asked)
    {
        StandIns(requeueExit, state);
        var (exitCode, _, error) = await RunAsync([Program("child", child)], restarts);
        Assert.Equal((expected, asked), (exitCode, Asked()));
        if (expected == 1 && restarts > 0)
            Assert.Contains($"after {restarts} restarts, and is not started again", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("USR1")]
    [InlineData("TERM")]
    public async Task A_signal_reaches_the_child_as_TERM_and_is_waited_for(string signal)
    {
        StandIns("75", "RUNNING");
        // It says that it was told, takes its time, and is told once more meanwhile.
        var child = Program("child", """
            trap 'echo told >> "$0.told"; sleep 0.5; echo done >> "$0.told"; exit 75' TERM
            echo ready > "$0.told"
            while :; do sleep 0.05; done
            """);
        using var script = Start([child]);
        while (!File.Exists(child + ".told"))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        for (var time = 0; time < 2; time++)
        {
            await Programs.RunAsync("kill", [$"-{signal}", $"{script.Id}"]);
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(75, script.ExitCode);
        Assert.Equal(["ready", "told", "done"], File.ReadLines(child + ".told").Distinct());
    }

    public void Dispose() => folder.Dispose();

    private static void Tells(string message, SlurmScript script) =>
        Assert.Contains(message, Assert.Throws<ShardSubmissionException>(() => script.Write()).Message, StringComparison.Ordinal);

    private void StandIns(string requeueExit, string state)
    {
        Program("path/scontrol", $"""
            case "$1" in
              show) printf 'ReturnToService = 2\nRequeueExit             = {requeueExit}\nRequeueExitHold         = 75\n' ;;
              *) echo "$@" >> "$(dirname "$0")/asked" ;;
            esac
            """);
        Program("path/squeue", $"[ \"$*\" = '-h -j 12_3 -o %T' ] && echo '{state}'");
    }

    private string Asked()
    {
        var path = Path.Combine(folder.Path, "path/asked");
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }

    private string Program(string name, string text)
    {
        var path = folder.Write(name, $"#!/bin/bash\n{text}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    private Process Start(string[] command, int restarts = 0)
    {
        Assert.SkipUnless(Programs.OnPath("bash"), "no bash on this machine");
        var path = folder.Write("task.sh", (Plain with { Command = command }).Write());
        var start = new ProcessStartInfo("bash", [path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Path.Combine(folder.Path, "path")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["SLURM_ARRAY_JOB_ID"] = "12";
        start.Environment["SLURM_ARRAY_TASK_ID"] = "3";
        if (restarts > 0)
            start.Environment["SLURM_RESTART_COUNT"] = $"{restarts}";
        return Process.Start(start)!;
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] command, int restarts = 0)
    {
        using var process = Start(command, restarts);
        var stop = TestContext.Current.CancellationToken;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        await process.WaitForExitAsync(stop);
        return (process.ExitCode, await output, await error);
    }
}
