using Blip.Bootstrapping.Submitting;

namespace Blip.Tests.Bootstrapping;

/// <summary>The scenarios with a shell script that keeps the rules of <c>blip bootstrap run</c> and does nothing else.</summary>
[Collection(SlurmCluster.Collection)]
public sealed class SlurmTests : SlurmScenarios
{
    private const string Worker = """
        #!/bin/bash
        # OUT --from slurm --shards-per-task K
        out=$1 per_task=$5
        [ "$2 $3 $4" = '--from slurm --shards-per-task' ] || exit 2
        trap 'exit 75' TERM
        for ((shard = SLURM_ARRAY_TASK_ID * per_task; shard < (SLURM_ARRAY_TASK_ID + 1) * per_task && shard < 8; shard++)); do
          file="$out/$(printf %05d "$shard")"
          [ -e "$file.done.json" ] && continue
          # Time enough to be killed in.
          [ "$shard" = 1 ] && [ -z "${SLURM_RESTART_COUNT:-}" ] && { sleep 6 & wait $!; }
          sleep 1 & wait $!
          echo "shard $shard" > "$file.tmp" && mv "$file.tmp" "$file.txt"
          echo '{}' > "$file.tmp" && mv "$file.tmp" "$file.done.json"
        done
        """;

    private string Output => Directory.CreateDirectory(Path.Combine(Folder, "out put")).FullName;

    [Fact]
    public async Task What_sbatch_refuses_is_told()
    {
        await SlurmCluster.NeedAsync();
        var script = new SlurmScript { Command = ["/bin/true"], Shards = [0], LogFolder = Folder, Partition = "nowhere" };
        var exception = await Assert.ThrowsAsync<ShardSubmissionException>(() => SlurmCluster.SubmitAsync(script, Folder));
        Assert.Contains("invalid partition specified: nowhere", exception.Message, StringComparison.Ordinal);
        Assert.InRange(await SlurmSubmission.MaxArraySizeAsync(TestContext.Current.CancellationToken), 2, 4_000_001);
    }

    [Fact]
    public async Task A_task_that_is_killed_each_time_fails_in_the_end()
    {
        await SlurmCluster.NeedAsync();
        var script = new SlurmScript { Command = ["/bin/bash", "-c", "kill -9 $$"], Shards = [0], LogFolder = Folder, MaxRestarts = 1 };
        var job = await SlurmCluster.SubmitAsync(script, Folder);
        await SlurmCluster.EndAsync(job, Folder);
        Assert.Equal(("FAILED", "1:0", 1), await SlurmCluster.TaskAsync(job, 0));
    }

    protected override IReadOnlyList<string> Command()
    {
        var worker = Path.Combine(Folder, "worker.sh");
        File.WriteAllText(worker, Worker);
        return ["/bin/bash", worker, Output];
    }

    protected override bool IsDone(int shard) => File.Exists(Path.Combine(Output, $"{shard:00000}.done.json"));

    protected override void CheckOutput()
    {
        for (var shard = 0; shard < ShardCount; shard++)
            Assert.Equal($"shard {shard}\n", File.ReadAllText(Path.Combine(Output, $"{shard:00000}.txt")));
        Assert.Equal(2 * ShardCount, Directory.GetFiles(Output).Length);
    }
}
