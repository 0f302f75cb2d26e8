using Blip.Tests.Cli;

namespace Blip.Tests.Bootstrapping;

/// <summary>
/// The scenarios with <c>blip</c> itself on the demo models: what an array leaves is what one process leaves, byte for byte.
/// </summary>
public sealed class SlurmBootstrapTests : SlurmScenarios
{
    private const int ImagesOfAShard = 12;

    private readonly BootstrapWorld world = BootstrapWorld.OfTarsAsync(
        ShardCount * ImagesOfAShard, ImagesOfAShard).GetAwaiter().GetResult();

    private string Output => Path.Combine(Folder, "out put");

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
