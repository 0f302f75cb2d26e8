using Blip.Datasets.Shapes;
using Blip.Tests.Training;
using Blip.Training.Metrics;

namespace Blip.Tests.Cli;

/// <summary>The command lines of training.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_captioner_is_trained_plotted_and_asked()
    {
        var data = Data(images: 4);
        var run = await CliRun.Of(Train("caption", data, "out", "--epochs", "2"));
        Assert.Equal("", run.Succeeded());
        Assert.Contains("4 pairs of 4 images", run.Error, StringComparison.Ordinal);
        Assert.Contains("4 steps are done", run.Error, StringComparison.Ordinal);
        Assert.Contains("step 4/4  loss ", run.Error, StringComparison.Ordinal);
        Assert.Equal(4, MetricsFile.Read(At("out/metrics.jsonl")).Count);

        var plotted = (await CliRun.Of("train", "plot", At("out"))).Succeeded();
        Assert.Equal([At("out/training.png"), At("out/training.html")], plotted.TrimEnd('\n').Split('\n'));
        Assert.All(plotted.TrimEnd('\n').Split('\n'), file => Assert.True(File.Exists(file), file));
        var caption = await CliRun.Of("caption", Path.Combine(data, "0000.png"), "--model", At("out"), "--device", "cpu");
        Assert.StartsWith("a ", caption.Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_matcher_tells_of_each_objective()
    {
        var run = await CliRun.Of(Train("match", Data(images: 4), "out", "--queue-size", "4", "--epochs", "1"));

        run.Succeeded();
        Assert.All(["itc_image", "itc_text", "itm"], loss => Assert.Contains(loss, run.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_list_s_columns_and_the_folder_of_its_images_can_be_named()
    {
        var images = Data(images: 4);
        folder.Write("list.csv", string.Join('\n', ["file,words", .. Enumerable.Range(0, 4).Select(i => $"{i:d4}.png,a red circle")]));
        string[] options = ["--steps", "1", "--image-column", "file", "--text-column", "words"];

        (await CliRun.Of(Train("caption", At("list.csv"), "lost", options))).Refused("nothing to learn from");
        var run = await CliRun.Of(Train("caption", At("list.csv"), "out", [.. options, "--image-root", images]));

        run.Succeeded();
        Assert.Contains("4 pairs of 4 images", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--batch-size is 0", "--batch-size", "0")]
    [InlineData("--batch-size is 'many'", "--batch-size", "many")]
    [InlineData("--schedule is 'linear'", "--schedule", "linear")]
    [InlineData("--label-smoothing is 1", "--label-smoothing", "1")]
    [InlineData("fill no batch of 99", "--batch-size", "99")]
    public async Task Wrong_options_are_named(string message, params string[] options) =>
        (await CliRun.Of(Train("caption", Data(images: 2), "out", options))).Refused(message);

    [Fact]
    public async Task Wrong_data_are_named()
    {
        (await CliRun.Of("train", "caption", "--output", At("out"), "--device", "cpu")).Refused("no data are named");
        (await CliRun.Of(Train("caption", At("nowhere"), "out"))).Refused("nowhere: there is no such file or folder");
        folder.Write("empty/a.png", SceneRenderer.RenderPng(new NoisyPairs().Pair(0).Scene));
        (await CliRun.Of(Train("caption", At("empty"), "out"))).Refused("nothing to learn from", "without a text");
        (await CliRun.Of(Train("vqa", At("empty"), "out"))).Refused("empty");
        (await CliRun.Of("train", "plot", At("empty"))).Refused("metrics.jsonl");
        folder.Write("taken/letter.txt", "dear");
        (await CliRun.Of(Train("caption", Data(images: 2), "taken"))).Refused("holds something already");
        Assert.Equal("dear", File.ReadAllText(At("taken/letter.txt")));
    }

    private string[] Train(string task, string data, string output, params string[] more)
    {
        string[] usual = task == "caption" ? ["--batch-size", "2", "--prompt", ""] : ["--batch-size", "2"];
        var given = more.Contains("--batch-size") ? usual.Except(["--batch-size", "2"]) : usual;
        return ["train", task, data, "--output", At(output), "--image-size", "96", "--device", "cpu", .. given, .. more];
    }

    private string At(string name) => Path.Combine(folder.Path, name);

    private string Data(int images) => DrawnPairs.Write(folder, images);
}
