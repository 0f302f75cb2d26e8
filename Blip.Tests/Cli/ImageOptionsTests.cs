using Blip.Tests.Imaging;

namespace Blip.Tests.Cli;

/// <summary>The options of the tool that are about images.</summary>
public sealed class ImageOptionsTests
{
    [Theory]
    [InlineData("caption")]
    [InlineData("embed")]
    public async Task A_too_large_image_is_refused_with_the_option_that_lets_it_in(string command)
    {
        var sample = Demo.Sample("00.png");
        var run = await CliRun.Of([command, sample, "--device", "cpu", "--max-pixels", "100"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--max-pixels", run.Error, StringComparison.Ordinal);
        (await CliRun.Of([command, sample, "--device", "cpu", "--max-pixels", "1000000", "--image-memory", "1"])).Succeeded();
    }

    [Fact]
    public async Task A_background_shows_through_a_transparent_image()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "clear.png");
        // Every pixel is transparent, so that the background alone is seen.
        await File.WriteAllBytesAsync(
            path, Pngs.With(Pngs.Gray8(2, "gggg", orientation: 0), "tRNS", [0, (byte)'g']), TestContext.Current.CancellationToken);
        var plain = (await CliRun.Of(["embed", path, "--device", "cpu"])).Succeeded();
        Assert.Equal(plain, (await CliRun.Of(["embed", path, "--device", "cpu", "--background", "#676767"])).Succeeded());
        Assert.NotEqual(plain, (await CliRun.Of(["embed", path, "--device", "cpu", "--background", "#ffffff"])).Succeeded());
    }

    [Theory]
    [InlineData("--background", "whitish", "--background is 'whitish'; give white")]
    [InlineData("--max-pixels", "many", "--max-pixels is 'many'")]
    [InlineData("--max-pixels", "0", "--max-pixels is 0")]
    [InlineData("--image-memory", "0", "--image-memory is 0")]
    public async Task A_wrong_value_is_told(string option, string value, string message)
    {
        var run = await CliRun.Of(["caption", Demo.Sample("00.png"), "--device", "cpu", option, value]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }
}
