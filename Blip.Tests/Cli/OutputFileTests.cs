namespace Blip.Tests.Cli;

/// <summary>Files that <c>--output</c> names.</summary>
public sealed class OutputFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A shell makes "--output photos/*.png" the first image as the output, and the others as inputs.</summary>
    [Theory]
    [InlineData("caption", "--output"), InlineData("caption", "--attention-html"), InlineData("embed", "--output")]
    public async Task An_image_is_not_written_over(string command, string option)
    {
        var image = folder.Write("a.png", File.ReadAllBytes(Demo.Sample("00.png")));

        (await CliRun.Of(command, Demo.Sample("01.png"), option, image, "--device", "cpu")).Refused(option, image, "would be lost");

        Assert.Equal(File.ReadAllBytes(Demo.Sample("00.png")), File.ReadAllBytes(image));
    }

    [Fact]
    public async Task Older_results_are_replaced_and_devices_are_written_to()
    {
        var file = folder.Write("out.txt", "older results");
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--model", Demo.Model, "--device", "cpu", "--output", file)).Succeeded();
        Assert.DoesNotContain("older", File.ReadAllText(file), StringComparison.Ordinal);

        var vectors = folder.Write("out.npy", "");
        for (var run = 0; run < 2; run++)
            (await CliRun.Of("embed", Demo.Sample("00.png"), "--model", DemoMatching.Model, "--device", "cpu", "--format", "npy", "--output", vectors)).Succeeded();
        Assert.InRange(new FileInfo(vectors).Length, 64, long.MaxValue);
        if (File.Exists("/dev/null"))
            (await CliRun.Of("caption", Demo.Sample("00.png"), "--model", Demo.Model, "--device", "cpu", "--output", "/dev/null")).Succeeded();
    }
}
