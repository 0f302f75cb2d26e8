namespace Blip.Tests.Cli;

public sealed class BootstrapDemoCommandTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    private string Folder => Path.Combine(temporary.Path, "set");

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Tars_are_written_and_counted()
    {
        var output = (await CliRun.Of("bootstrap", "demo", Folder, "--images", "12", "--shard-size", "5", "--seed", "3")).Succeeded();
        Assert.StartsWith($"12 images in 3 tars in {Folder}: ", output, StringComparison.Ordinal);
        Assert.Equal(
            ["00000.tar", "00001.tar", "00002.tar"],
            Directory.EnumerateFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Shares_and_details_reach_the_set()
    {
        var right = (await Demo("--right-share 1 --detail-share 0", Folder)).Succeeded();
        Assert.EndsWith("5 texts are right, 0 wrong in one detail, 0 another image's\n", right, StringComparison.Ordinal);
        var wrong = Path.Combine(temporary.Path, "wrong");
        var detail = (await Demo("--right-share 0 --detail-share 1 --details size", wrong)).Succeeded();
        Assert.EndsWith("0 texts are right, 5 wrong in one detail, 0 another image's\n", detail, StringComparison.Ordinal);
        var tar = await File.ReadAllTextAsync(Path.Combine(wrong, "00000.tar"), TestContext.Current.CancellationToken);
        Assert.Equal(6, tar.Split("\"wrong_detail\":\"size\"").Length);

        static Task<CliRun> Demo(string options, string folder) =>
            CliRun.Of(["bootstrap", "demo", folder, "--images", "5", .. options.Split(' ')]);
    }

    [Fact]
    public async Task A_folder_that_holds_something_is_refused()
    {
        temporary.Write("mine.txt", "mine");
        (await CliRun.Of("bootstrap", "demo", temporary.Path))
            .Refused(temporary.Path, "holds something already", "give a new or an empty folder");
    }

    [Theory]
    [InlineData("--images 0", "--images is 0; give 1 to")]
    [InlineData("--images many", "--images is 'many'; give a whole number")]
    [InlineData("--shard-size 20000", "--shard-size is 20000; give 1 to 10000")]
    [InlineData("--right-share 2", "--right-share is 2; give 0 to 1")]
    [InlineData("--right-share 0.9", "--detail-share is 0.25 beside a --right-share of 0.9")]
    [InlineData("--details tone", "--details has 'tone'; give color, size, background, shape, place, swap, or all")]
    [InlineData("--details swap", "--details has no detail that a scene of one shape has")]
    public async Task What_cannot_be_is_named(string options, string expected)
    {
        (await CliRun.Of(["bootstrap", "demo", Folder, .. options.Split(' ')])).Refused(expected);
        Assert.False(Directory.Exists(Folder));
    }

    [Theory]
    [InlineData("bootstrap")]
    [InlineData("bootstrap demo")]
    public async Task Help_ends_with_examples(string command)
    {
        var help = (await CliRun.Of([.. command.Split(' '), "--help"])).Succeeded();
        Assert.Contains(
            "    blip bootstrap demo web", help[help.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }
}
