using Blip.Bootstrapping.Submitting;

namespace Blip.Tests.Bootstrapping;

/// <summary>
/// A job array on a real Slurm: eight shards with two tasks at a time, a task whose program is killed, one that is told to stop, an array
/// that is cancelled and submitted again. The deriving class defines a task's work.
/// </summary>
public abstract class SlurmScenarios : IDisposable
{
    protected const int ShardCount = 8;

    private readonly TemporaryFolder folder = new();

    /// <summary>An empty folder of this test, whose name is awkward for shells.</summary>
    protected string Folder => Directory.CreateDirectory(Path.Combine(folder.Path, "it's 100% $HOME")).FullName;

    private string Logs => Path.Combine(Folder, "logs");

    /// <summary>The program and its arguments, without <c>--from slurm --shards-per-task K</c>.</summary>
    protected abstract IReadOnlyList<string> Command();

    /// <summary>Whether a shard is done.</summary>
    protected abstract bool IsDone(int shard);

    /// <summary>Compares all shards' results with one process's.</summary>
    protected abstract void CheckOutput();

    [Fact]
    public async Task An_array_does_all_shards_with_two_tasks_at_a_time()
    {
        await SlurmCluster.NeedAsync();
        var job = await SubmitAsync();
        Assert.Equal(2, await SlurmCluster.EndAsync(job, Logs));
        await CheckAllAsync(job, 0);
    }

    [Fact]
    public async Task A_task_has_several_shards()
    {
        await SlurmCluster.NeedAsync();
        var job = await SubmitAsync(shardsPerTask: 3);
        await SlurmCluster.EndAsync(job, Logs);
        CheckDone();
        Assert.Equal(3, Directory.GetFiles(Logs).Length);
    }

    [Fact]
    public async Task A_task_whose_program_is_killed_is_started_again()
    {
        await SlurmCluster.NeedAsync();
        var job = await SubmitAsync();
        await SignalAsync((await ProcessesAsync(job, 1)).Child, "KILL");
        await SlurmCluster.EndAsync(job, Logs);
        await CheckAllAsync(job, 1);
        var said = $"task {job}_1 ended with status 137, and is to be started again";
        Assert.Contains(said, SlurmCluster.Logs(Logs), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_Slurm_tells_to_stop_is_started_again()
    {
        await SlurmCluster.NeedAsync();
        var job = await SubmitAsync();
        // As --signal=B:USR1@120 does: to the script alone. scancel repeats a signal that comes soon after the start.
        await SignalAsync((await ProcessesAsync(job, 1)).Script, "USR1");
        await SlurmCluster.EndAsync(job, Logs);
        await CheckAllAsync(job, 1);
    }

    [Fact]
    public async Task An_array_that_is_cancelled_does_not_come_back_and_goes_on_when_submitted_again()
    {
        await SlurmCluster.NeedAsync();
        var job = await SubmitAsync();
        await SlurmCluster.UntilAsync(() => Task.FromResult(Done().Count >= 2), "no two shards were done", Logs);
        Assert.Equal(0, (await Programs.RunAsync("scancel", [job])).ExitCode);
        await SlurmCluster.EndAsync(job, Logs);
        var done = Done();
        Assert.InRange(done.Count, 2, ShardCount - 1);
        var before = Files();

        // Longer than a task takes to begin.
        await Task.Delay(3000, TestContext.Current.CancellationToken);
        Assert.Empty(await SlurmCluster.TasksAsync(job));
        Assert.Equal(done, Done());

        var missing = Enumerable.Range(0, ShardCount).Except(done).ToList();
        var again = await SubmitAsync(missing);
        await SlurmCluster.EndAsync(again, Logs);
        CheckDone();
        var after = Files();
        bool OfDone(string file) => done.Any(shard => file.Contains($"{shard:00000}.", StringComparison.Ordinal));
        Assert.All(before.Where(file => OfDone(file.Key)), file => Assert.Equal(file.Value, after[file.Key]));
        Assert.Equal(missing.Count, Directory.GetFiles(Logs, $"slurm-{again}_*.log").Length);
    }

    public virtual void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<string> SubmitAsync(IReadOnlyList<int>? shards = null, int? shardsPerTask = null)
    {
        var script = new SlurmScript
        {
            Command = Command(),
            Shards = shards ?? [.. Enumerable.Range(0, ShardCount)],
            ShardsPerTask = shardsPerTask,
            LogFolder = Logs,
            TasksAtOnce = 2,
            MaxArraySize = await SlurmSubmission.MaxArraySizeAsync(TestContext.Current.CancellationToken),
            Directives = ["--mem=100M"],
        };
        return await SlurmCluster.SubmitAsync(script, Folder);
    }

    private async Task<(int Script, int Child)> ProcessesAsync(string job, int task)
    {
        (int, int)? processes = null;
        await SlurmCluster.UntilAsync(() => Task.FromResult(Found()), $"task {task} does not run", Logs);
        return processes!.Value;

        bool Found() => (processes = SlurmCluster.ProcessesOf(job, task)) is not null;
    }

    private static async Task SignalAsync(int process, string signal) =>
        Assert.Equal(0, (await Programs.RunAsync("kill", [$"-{signal}", $"{process}"])).ExitCode);

    private List<int> Done() => [.. Enumerable.Range(0, ShardCount).Where(IsDone)];

    private Dictionary<string, DateTime> Files() => Directory.GetFiles(Folder, "*", SearchOption.AllDirectories)
        .Where(file => !file.StartsWith(Logs, StringComparison.Ordinal)).ToDictionary(file => file, File.GetLastWriteTimeUtc);

    private void CheckDone()
    {
        Assert.True(Done().Count == ShardCount, $"done are {string.Join(' ', Done())}: {SlurmCluster.Logs(Logs)}");
        CheckOutput();
    }

    private async Task CheckAllAsync(string job, int restartsOfTask1)
    {
        CheckDone();
        for (var task = 0; task < ShardCount; task++)
            Assert.Equal(("COMPLETED", "0:0", task == 1 ? restartsOfTask1 : 0), await SlurmCluster.TaskAsync(job, task));
    }
}
