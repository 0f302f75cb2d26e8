using System.Text.Json.Nodes;
using Blip.Datasets.Webdataset;
using Blip.Tests.Bootstrapping;

namespace Blip.Tests.Cli;

/// <summary>Webdataset tars and Parquet files in the place of image files.</summary>
public sealed class ArchiveInputTests
{
    [Fact]
    public async Task Images_in_a_tar_are_captioned_matched_embedded_and_asked_about_as_files_are()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 3, shardSize: 3);
        var tar = Path.Combine(world.Web, "00000.tar");
        var names = Enumerable.Range(0, 3).Select(i => $"{tar}/00000000{i}.png").ToList();
        Assert.Equal(names, Names((await CliRun.Of("caption", tar, "--model", Demo.Model, "--device", "cpu")).Succeeded()));
        var lines = Records((await CliRun.Of(
            "match", tar, "--model", DemoMatching.Model, "--device", "cpu", "--text", "a small red circle", "--format", "jsonl"))
            .Succeeded());
        Assert.Equal(names, lines.Select(line => (string?)line["path"]));
        lines = Records((await CliRun.Of("embed", tar, "--model", DemoMatching.Model, "--device", "cpu")).Succeeded());
        Assert.Equal(names, lines.Select(line => (string?)line["path"]));

        // The same image as a file says the same.
        var file = world.At("one.png");
        File.WriteAllBytes(file, WebdatasetImages.Read(tar, WebdatasetImages.List(tar).Images[0]));
        var alone = Records((await CliRun.Of("embed", file, "--model", DemoMatching.Model, "--device", "cpu")).Succeeded())[0];
        Assert.Equal(alone["embedding"]!.ToJsonString(), lines[0]["embedding"]!.ToJsonString());
    }

    [Fact]
    public async Task A_tar_that_is_cut_off_gives_its_whole_images_and_a_failure()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 3, shardSize: 3);
        var (tar, cut) = (Path.Combine(world.Web, "00000.tar"), world.At("cut.tar"));
        var last = WebdatasetImages.List(tar).Images[2];
        File.WriteAllBytes(cut, File.ReadAllBytes(tar)[..(int)(last.Offset + (last.Length / 2))]);
        var run = await CliRun.Of("caption", cut, "--model", Demo.Model, "--device", "cpu");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(2, Names(run.Output).Count);
        Assert.Contains("cut off", run.Error, StringComparison.Ordinal);

        var none = world.At("none.tar");
        File.WriteAllText(none, "no tar at all");
        run = await CliRun.Of("caption", none, "--model", Demo.Model, "--device", "cpu");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("none.tar", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_in_a_Parquet_file_are_captioned()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "images.parquet");
        using (var writer = new ParquetSharp.ParquetFileWriter(
            path, [new ParquetSharp.Column<byte[]>("image"), new ParquetSharp.Column<string>("key")]))
        {
            using var group = writer.AppendRowGroup();
            using (var images = group.NextColumn().LogicalWriter<byte[]>())
                images.WriteBatch([File.ReadAllBytes(Demo.Sample("00.png")), [1, 2, 3], File.ReadAllBytes(Demo.Sample("01.png"))]);
            using (var keys = group.NextColumn().LogicalWriter<string>())
                keys.WriteBatch(["ring", "broken", "stars"]);
            writer.Close();
        }
        var run = await CliRun.Of("caption", path, "--model", Demo.Model, "--device", "cpu");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal([$"{path}/ring", $"{path}/stars"], Names(run.Output));
        Assert.Contains("a large white ring on a cyan background", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{path}/broken", run.Error, StringComparison.Ordinal);
    }

    private static List<string> Names(string output) => [.. output.TrimEnd('\n').Split('\n').Select(line => line.Split('\t')[0])];

    private static List<JsonNode> Records(string output) => [.. output.TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!)];
}
