using Blip.Tests.Cli;

namespace Blip.Tests.Bootstrapping;

/// <summary>
/// The scenarios with <c>blip</c> itself on the demo models: an array's results equal one process's, byte for byte.
/// </summary>
[Collection(SlurmCluster.Collection)]
public sealed class SlurmBootstrapTests : SlurmScenarios
{
    private const int ImagesOfAShard = 12;

    private readonly BootstrapWorld world = BootstrapWorld.OfTarsAsync(
        ShardCount * ImagesOfAShard, ImagesOfAShard).GetAwaiter().GetResult();

    private string Output => Path.Combine(Folder, "out put");

    [Fact]
    public async Task What_submit_writes_and_submits_does_all_shards()
    {
        await SlurmCluster.NeedAsync();
        var run = BootstrapProgram.Run(world.Web, Output);
        // dotnet blip.dll bootstrap submit slurm …, where the program was to run.
        string[] submit = [.. run[1..3], "submit", "slurm", .. run[4..], "--tasks-at-once", "2", "--sbatch=--mem=100M", "--now"];
        var (exitCode, said, error) = await Programs.RunAsync(run[0], submit);
        Assert.True(exitCode == 0, error);
        var job = said.Trim().Split(' ')[^1];
        await SlurmCluster.EndAsync(job, Path.Combine(Output, "slurm"));
        Assert.Equal(ShardCount, Enumerable.Range(0, ShardCount).Count(IsDone));
        Directory.Delete(Path.Combine(Output, "slurm"), recursive: true);
        CheckOutput();
        (exitCode, _, error) = await Programs.RunAsync(run[0], submit);
        Assert.Equal(0, exitCode);
        Assert.Contains("nothing to submit", error, StringComparison.Ordinal);
    }

    public override void Dispose()
    {
        world.Dispose();
        base.Dispose();
    }

    protected override IReadOnlyList<string> Command() => BootstrapProgram.Run(world.Web, Output);

    protected override bool IsDone(int shard) => File.Exists(Path.Combine(Output, $"{shard:00000}.done.json"));

    protected override void CheckOutput()
    {
        BootstrapWorld.RunAsync(world.Request("alone")).GetAwaiter().GetResult();
        Assert.Equal(BootstrapWorld.FilesOf(world.At("alone")), BootstrapWorld.FilesOf(Output));
    }
}
