using Blip.Bench;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Bench;

public class TrainBenchTests
{
    [Theory]
    [InlineData("train --batch 0", "--batch is '0'; give 1 to 4096.")]
    [InlineData("train --steps many", "--steps is 'many'; give 1 to 1000.")]
    [InlineData("train --device all", "--device is 'all'; give one of cpu, opencl, cuda.")]
    [InlineData("train --config synthetic:tiny-square --size 25", "--size is 25; synthetic:tiny-square cuts images in patches of 4 pixels")]
    [InlineData("train --config synthetic:huge", "there is no such synthetic model")]
    [InlineData("train --config photos", "--config is 'photos'; give a model whose weights are made up")]
    public void Command_lines_that_cannot_be_used_are_named(string line, string expected)
    {
        var (exitCode, _, error) = Run(line.Split(' '));
        Assert.Equal(2, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_is_timed_and_taken_apart()
    {
        FullRun.Only();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "train.json");
        var (exitCode, output, error) = Run(
            "train", "--config", "synthetic:tiny-square", "--batch", "2", "--size", "16", "--steps", "2", "--json", path);
        Assert.Equal((0, ""), (exitCode, error));
        var record = Assert.Single(BenchFile.Read(path).Records);
        Assert.Equal("synthetic:tiny-square: training step of 2 images of 16 pixels", record.Work);
        Assert.True(record is { OursMs: > 0, GigaFlops: > 0, PerSecond: > 0, OursMebibytes: > 10, Failure: null }, record.ToString());
        foreach (var part in (string[])["| forward ", "| backward ", "| optimizer ", "LinearParameterBackward", "losses: "])
            Assert.Contains(part, output, StringComparison.Ordinal);
        Assert.Contains("1 records, 0 without a right answer", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_of_the_benchmark_learn()
    {
        using var device = Device.Open("cpu");
        using var works = new TrainingWorks(new TrainingBatch("synthetic:tiny-square", 2, null), device);
        var losses = Enumerable.Range(0, 6).Select(_ => works.Step()).ToList();
        Assert.Equal(losses.OrderDescending(), losses);
    }

    [Fact]
    public void The_graph_counts_the_products_of_a_step_once_forward_and_twice_back()
    {
        var batch = new TrainingBatch("synthetic:tiny-head64", 2, null);
        using var device = Device.Open("cpu");
        using var works = new TrainingWorks(batch, device);
        var (vision, text) = (batch.Config.Vision, batch.Config.Text);
        double Layer(double hidden, double inner) => (4 * hidden * hidden) + (2 * hidden * inner);
        double patches = Math.Pow(batch.Side / vision.PatchSize, 2), tokens = batch.Texts.Max(ids => ids.Length) - 1;
        double images = batch.Images * (1 + patches), places = batch.Images * tokens;
        double h = text.HiddenSize;
        var seen = (vision.Layers * Layer(vision.HiddenSize, vision.IntermediateSize)) + (text.Layers * 2 * vision.HiddenSize * h);
        var written = (text.Layers * (Layer(h, text.IntermediateSize) + (2 * h * h))) + (h * h) + (h * text.VocabularySize);
        var products = 2 * ((images * seen) + (places * written));
        Assert.InRange(works.Flops, 3 * products, 3 * 1.25 * products);
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (BenchProgram.Run(arguments, output, error), output.ToString(), error.ToString());
    }
}
