using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Tests.Cli;
using Blip.Training;
using Blip.Training.Metrics;
using Blip.Training.Saving;

namespace Blip.Tests.Training;

/// <summary>Whole runs whose products are in 16 bits.</summary>
public sealed class TrainerPrecisionTests : IDisposable
{
    private const string Weights = "model.safetensors";

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    /// <summary>The weights in single precision go on, and not their rounding; in half precision the loss scale does, too.</summary>
    [Theory]
    [InlineData(TrainingTask.Caption, Precision.Bf16, "cpu"), InlineData(TrainingTask.Caption, Precision.Fp16, "cpu")]
    [InlineData(TrainingTask.Caption, Precision.Fp16, "opencl"), InlineData(TrainingTask.Match, Precision.Bf16, "cpu")]
    public async Task A_run_that_was_stopped_goes_on_with_the_same_bits(TrainingTask task, Precision precision, string device)
    {
        if (precision == Precision.Bf16)
            FullRun.Only();
        Devices.Open(device).Dispose();
        var options = Options(task, precision) with { Device = device };
        await Run("whole", options, images: 8);
        await Run("parts", options, images: 8, stopBehind: 1);
        await Run("parts", options with { Resume = true }, images: 8);

        Assert.Equal(File.ReadAllBytes(At($"whole/{Weights}")), File.ReadAllBytes(At($"parts/{Weights}")));
        Assert.Equal(Lines("whole").Select(Text), Lines("parts").Select(Text));
        using var trained = TensorFiles.Open(At($"whole/{Weights}"));
        var matrix = trained.ReadAll("vision_model.encoder.layers.0.mlp.fc1.weight");
        // No format of 16 bits has the last bits of a float.
        Assert.True(matrix.Count(value => (BitConverter.SingleToUInt32Bits(value) & 0x1FFF) != 0) > matrix.Length / 2);
    }

    [Fact]
    public async Task The_loss_falls_as_in_single_precision()
    {
        FullRun.Only();
        var last = new Dictionary<Precision, double>();
        foreach (var precision in new[] { Precision.Fp32, Precision.Bf16, Precision.Fp16 })
        {
            var options = Options(TrainingTask.Caption, precision) with
            {
                Epochs = 16,
                Dropout = 0,
                AttentionDropout = 0,
                Augment = AugmentationKind.None,
            };
            var told = await Run($"{precision}", options, images: 4);
            var losses = told.Select(step => step.Losses["loss"]).ToList();
            last[precision] = losses[^1];
            Assert.True(losses[^1] < 0.7 * losses[0], $"{precision}: from {losses[0]:g4} to {losses[^1]:g4}");
            Assert.Equal(precision == Precision.Fp16, told.All(step => step.LossScale == 65536));
        }

        Assert.Equal(3, last.Values.Distinct().Count());
        Assert.All(last.Values, loss => Assert.Equal(last[Precision.Fp32], loss, 0.05 * last[Precision.Fp32]));
    }

    [Fact]
    public async Task A_loss_scale_that_is_too_large_costs_steps_and_no_weights()
    {
        var options = Options(TrainingTask.Caption, Precision.Fp16) with { SaveSteps = 1 };
        await Run("out", options, images: 8, stopBehind: 1);
        var before = File.ReadAllBytes(At($"out/{Weights}"));
        var lost = Math.Pow(2, 40);
        SetScale("out", lost);

        var told = await Run("out", options with { Resume = true }, images: 8, stopBehind: 2);

        var step = Assert.Single(told);
        Assert.True(step.Skipped);
        Assert.Equal(lost, step.LossScale);
        Assert.Contains(step.Notices, notice => notice.Contains("the loss scale is lowered to 549,755,813,888", StringComparison.Ordinal));
        Assert.Equal(before, File.ReadAllBytes(At($"out/{Weights}")));
        Assert.Equal([65536, lost], Lines("out").Select(line => line.Values.ToDictionary()["loss_scale"]));
        Assert.Equal(lost / 2, (await Run("out", options with { Resume = true }, images: 8, stopBehind: 3))[0].LossScale);
    }

    [Fact]
    public async Task A_run_goes_on_in_its_own_precision()
    {
        var options = Options(TrainingTask.Caption, Precision.Bf16) with { Steps = 1 };
        using (var trainer = await Open("out", options, images: 4))
        {
            Assert.Contains(trainer.Summary, sentence => sentence.StartsWith("products run in bf16", StringComparison.Ordinal));
            await trainer.RunAsync(cancellationToken: Token);
        }

        var other = options with { Precision = Precision.Fp16, Resume = true };
        var error = await Assert.ThrowsAsync<TrainingException>(() => Open("out", other, images: 4));
        Assert.Contains("Precision was Bf16 and is Fp16.", error.Message, StringComparison.Ordinal);
    }

    private static TrainingOptions Options(TrainingTask task, Precision precision) => TrainingRecipes.For(task) with
    {
        BatchSize = 4,
        Epochs = 2,
        ImageSize = 96,
        QueueSize = task == TrainingTask.Match ? 6 : 0,
        Prompt = "",
        LearningRate = 1e-3,
        Precision = precision,
        Device = "cpu",
    };

    private static string Text(MetricLine line) => $"{line.Step} {string.Join(' ', line.Values)}";

    private string At(string name) => Path.Combine(folder.Path, name);

    private Task<Trainer> Open(string output, TrainingOptions options, int images) => Trainer.OpenAsync(
        options.Task == TrainingTask.Match ? DemoMatching.Model : Demo.Model,
        new TrainingData { Sources = [DrawnPairs.Write(folder, images)] }, At(output), options, Token);

    private async Task<IReadOnlyList<TrainingProgress>> Run(
        string output, TrainingOptions options, int images, int stopBehind = int.MaxValue)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var trainer = await Open(output, options, images);
        var told = new List<TrainingProgress>();
        await trainer.RunAsync(
            step =>
            {
                told.Add(step);
                if (step.Step >= stopBehind)
                    stop.Cancel();
            },
            stop.Token);
        return told;
    }

    private List<MetricLine> Lines(string run) => [.. MetricsFile.Read(At($"{run}/metrics.jsonl"))];

    // As if the run had found it by itself.
    private void SetScale(string run, double value)
    {
        var path = At($"{run}/{TrainingState.FileName}");
        using var file = new MemoryStream();
        using (var state = new SafetensorsFile(path))
        {
            var metadata = state.Metadata.ToDictionary();
            metadata["loss_scale"] = $$"""{"Value":{{value:r}},"GoodSteps":0}""";
            SafetensorsWriter.Write(file, state, [.. state.Keys], metadata);
        }
        File.WriteAllBytes(path, file.ToArray());
    }
}
