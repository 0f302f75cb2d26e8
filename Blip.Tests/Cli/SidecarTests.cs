namespace Blip.Tests.Cli;

/// <summary>Captions in text files beside their images, as trainers read them.</summary>
public sealed class SidecarTests
{
    [Fact]
    public async Task Each_image_gets_a_file_and_those_that_have_one_are_left_out()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "00", "01", "02" })
            File.Copy(Demo.Sample($"{name}.png"), Path.Combine(folder.Path, $"{name}.png"));
        folder.Write("01.txt", "mine");
        var run = await CliRun.Of(
            "caption", folder.Path, "--model", Demo.Model, "--device", "cpu", "--sidecar", "--prefix", "a drawing: ", "--suffix", ", flat");
        Assert.Equal(2, run.Succeeded().TrimEnd('\n').Split('\n').Length);
        Assert.Contains("1 of 3 images have a sidecar already", run.Error, StringComparison.Ordinal);
        Assert.Equal("a drawing: a large white ring on a cyan background, flat\n", File.ReadAllText(Path.Combine(folder.Path, "00.txt")));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(folder.Path, "01.txt")));

        run = await CliRun.Of("caption", folder.Path, "--model", Demo.Model, "--device", "cpu", "--sidecar");
        Assert.Equal("", run.Succeeded());
        Assert.Contains("3 of 3 images have a sidecar already", run.Error, StringComparison.Ordinal);

        (await CliRun.Of("caption", folder.Path, "--model", Demo.Model, "--device", "cpu", "--sidecar", "--overwrite")).Succeeded();
        Assert.Equal("a large white ring on a cyan background\n", File.ReadAllText(Path.Combine(folder.Path, "00.txt")));
        Assert.NotEqual("mine", File.ReadAllText(Path.Combine(folder.Path, "01.txt")));
        Assert.Equal(6, Directory.GetFiles(folder.Path).Length);
    }

    [Fact]
    public async Task An_image_that_fails_gets_no_file()
    {
        using var folder = new TemporaryFolder();
        folder.Write("broken.png", "no image");
        var run = await CliRun.Of("caption", folder.Path, "--model", Demo.Model, "--device", "cpu", "--sidecar");
        Assert.Equal(1, run.ExitCode);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task What_has_no_place_for_a_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a.png", "a.jpg" })
            File.Copy(Demo.Sample("00.png"), Path.Combine(folder.Path, name));
        (await CliRun.Of("caption", folder.Path, "--model", Demo.Model, "--sidecar")).Refused("a.jpg", "a.png", "one sidecar");
        (await CliRun.Of("caption", "-", "--model", Demo.Model, "--sidecar")).Refused("--sidecar", "'-'");
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--model", Demo.Model, "--prefix", "x")).Refused("--prefix", "--sidecar");
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--model", Demo.Model, "--overwrite")).Refused("--overwrite", "--sidecar");
    }
}
