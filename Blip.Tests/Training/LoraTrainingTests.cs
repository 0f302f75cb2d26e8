using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Tests.Cli;
using Blip.Training;
using Blip.Training.Metrics;

namespace Blip.Tests.Training;

/// <summary>Whole runs that train an adapter and leave the weights.</summary>
public sealed class LoraTrainingTests : IDisposable
{
    private const string Weights = "model.safetensors", Adapter = "adapter/adapter_model.safetensors";

    private static readonly string[] Targets = [".self.query.weight", ".self.value.weight", ".self_attn.qkv.weight"];

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(TrainingTask.Caption, Precision.Fp32, "cpu"), InlineData(TrainingTask.Caption, Precision.Bf16, "opencl")]
    [InlineData(TrainingTask.Match, Precision.Fp32, "cpu"), InlineData(TrainingTask.Pretrain, Precision.Fp32, "cpu")]
    public async Task A_run_that_was_stopped_goes_on_with_the_same_bits(TrainingTask task, Precision precision, string device)
    {
        if (task != TrainingTask.Caption)
            FullRun.Only();
        Devices.Open(device).Dispose();
        var options = Options(task) with { Precision = precision, Device = device };
        await Run("whole", options, images: 8);
        await Run("parts", options, images: 8, stopBehind: 2);
        await Run("parts", options with { Resume = true }, images: 8);

        Assert.All([Weights, Adapter], Same);
        Assert.Equal(Lines("whole"), Lines("parts"));

        void Same(string file) => Assert.True(
            File.ReadAllBytes(At($"whole/{file}")).AsSpan().SequenceEqual(File.ReadAllBytes(At($"parts/{file}"))), $"{file} differs");
    }

    [Fact]
    public async Task Loader_threads_change_nothing()
    {
        var options = Options(TrainingTask.Caption) with { Epochs = 1 };
        await Run("one", options with { LoaderThreads = 1 }, images: 8);
        await Run("two", options with { LoaderThreads = 2 }, images: 8);

        Assert.Equal(File.ReadAllBytes(At($"one/{Weights}")), File.ReadAllBytes(At($"two/{Weights}")));
        Assert.Equal(File.ReadAllBytes(At($"one/{Adapter}")), File.ReadAllBytes(At($"two/{Adapter}")));
    }

    [Fact]
    public async Task The_loss_falls()
    {
        FullRun.Only();
        var options = Options(TrainingTask.Caption) with
        {
            Epochs = 20,
            LearningRate = 5e-3,
            Dropout = 0,
            AttentionDropout = 0,
            Augment = AugmentationKind.None,
        };
        var losses = (await Run("out", options, images: 4)).Select(step => step.Losses["loss"]).ToList();

        Assert.True(losses[^1] < 0.8 * losses[0], $"from {losses[0]:g4} to {losses[^1]:g4}");
    }

    [Theory]
    [InlineData(TrainingTask.Caption, FrozenParts.None), InlineData(TrainingTask.Caption, FrozenParts.Vision)]
    [InlineData(TrainingTask.Match, FrozenParts.Text)]
    public async Task Only_the_attentions_projections_change_and_the_adapter_names_them(TrainingTask task, FrozenParts frozen)
    {
        var tower = frozen switch { FrozenParts.Vision => "vision_model.", FrozenParts.Text => "text_", _ => "none" };
        await Run("out", Options(task) with { Epochs = 1, Freeze = frozen }, images: 8);

        using var before = TensorFiles.Open(Path.Combine(Model(task), Weights));
        using var after = TensorFiles.Open(At($"out/{Weights}"));
        var adapted = after.Keys.Where(IsAdapted).Order(StringComparer.Ordinal).ToList();
        foreach (var key in after.Keys)
        {
            var same = before.ReadAll(key).AsSpan().SequenceEqual(after.ReadAll(key));
            Assert.True(same != IsAdapted(key), $"{key} {(same ? "stayed" : "changed")}");
        }
        Assert.Equal(adapted, LoraAdapter.Load(At("out/adapter")).Pairs.Select(pair => pair.Key).Order(StringComparer.Ordinal));

        bool IsAdapted(string key) => !key.StartsWith(tower, StringComparison.Ordinal)
            && Targets.Any(name => key.EndsWith(name, StringComparison.Ordinal));
    }

    /// <summary>
    /// Decoder and encoder share everything but self-attention: a shared matrix has one product, which the adapter has under both names.
    /// The momentum copies follow the merged weights.
    /// </summary>
    [Fact]
    public async Task Pretraining_adapts_both_towers_and_its_adapter_fits_the_checkpoint_that_it_began_with()
    {
        var options = Options(TrainingTask.Pretrain) with { LearningRate = 5e-3, Momentum = 0.5 };
        await Run("base", options with { LoraRank = 0, Steps = 1, LearningRate = 1e-5, MinLearningRate = 0 }, images: 8);
        await Run("out", options with { Captioner = null }, images: 8, model: At("base"));

        var source = ModelSource.Resolve(At("base")).WithAdapter(At("out/adapter"));
        using var before = TensorFiles.Open(At($"base/{Weights}"));
        using var after = TensorFiles.Open(At($"out/{Weights}"));
        using (var adapted = source.OpenTensors())
        {
            foreach (var key in after.Keys)
            {
                var isAdapted = Targets.Any(name => key.EndsWith(name, StringComparison.Ordinal));
                Assert.True(before.ReadAll(key).AsSpan().SequenceEqual(after.ReadAll(key)) != isAdapted, key);
                Assert.All(adapted.ReadAll(key).Zip(after.ReadAll(key)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
            }
        }
        var pairs = LoraAdapter.Load(At("out/adapter")).Pairs;
        Assert.Equal(after.Keys.Where(key => Targets.Any(name => key.EndsWith(name, StringComparison.Ordinal))).Order(),
            pairs.Select(pair => pair.Key).Order());
        Assert.Equal(Up("text_encoder.encoder.layer.0.crossattention"), Up("text_decoder.bert.encoder.layer.0.crossattention"));
        Assert.NotEqual(Up("text_encoder.encoder.layer.0.attention"), Up("text_decoder.bert.encoder.layer.0.attention"));

        // Half of the way to the merged weights at each step.
        using var state = TensorFiles.Open(At("out/training-state.safetensors"));
        var slow = state.ReadAll("momentum/vision_model.encoder.layers.0.self_attn.qkv.weight");
        var (from, to) = (Sum(before, "vision_model.encoder.layers.0.self_attn.qkv.weight"),
            Sum(after, "vision_model.encoder.layers.0.self_attn.qkv.weight"));
        Assert.NotEqual(from, slow.Sum(value => (double)value), 1e-6);
        Assert.True(Math.Abs(slow.Sum(value => (double)value) - to) < Math.Abs(from - to));

        string[] image = [At("data/0000.png"), "--device", "cpu"];
        foreach (var command in (string[][])[["caption", .. image], ["match", .. image, "--text", "a red circle"]])
        {
            var merged = (await CliRun.Of([.. command, "--model", At("out")])).Succeeded();
            Assert.Equal(merged, (await CliRun.Of([.. command, "--model", At("base"), "--adapter", At("out/adapter")])).Succeeded());
        }

        float[] Up(string module) => pairs.Single(pair => pair.Key == $"{module}.self.query.weight").Up;
        static double Sum(ITensorSource tensors, string key) => tensors.ReadAll(key).Sum(value => (double)value);
    }

    [Fact]
    public async Task The_command_pretrains_an_adapter()
    {
        var run = await CliRun.Of(
            "train", "pretrain", DrawnPairs.Write(folder, 4), "--output", At("out"), "--image-size", "96", "--batch-size", "4",
                "--queue-size", "0",
            "--steps", "1", "--device", "cpu", "--lora", "2");
        run.Succeeded();
        Assert.Contains("LoRA of rank 2", run.Error, StringComparison.Ordinal);
        Assert.Contains("use the merged model", run.Error, StringComparison.Ordinal);
        Assert.NotEmpty((await CliRun.Of("caption", At("data/0000.png"), "--model", At("out"), "--device", "cpu")).Succeeded());
    }

    /// <summary>The base with the adapter is the merged model, but for the last bit: one is added up in double.</summary>
    [Fact]
    public async Task The_adapter_on_the_base_answers_as_the_merged_model()
    {
        await Run("out", Options(TrainingTask.Caption) with { Epochs = 12, LearningRate = 1e-2 }, images: 8);
        var source = ModelSource.Resolve(Demo.Model).WithAdapter(At("out/adapter"));
        using (var adapted = source.OpenTensors())
        using (var merged = TensorFiles.Open(At($"out/{Weights}")))
        {
            foreach (var key in merged.Keys)
                Assert.All(adapted.ReadAll(key).Zip(merged.ReadAll(key)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }

        string[] caption = ["caption", .. Enumerable.Range(0, 8).Select(i => At($"data/{i:0000}.png")), "--device", "cpu"];
        var before = (await CliRun.Of([.. caption, "--model", Demo.Model])).Succeeded();
        var expected = (await CliRun.Of([.. caption, "--model", At("out")])).Succeeded();
        var actual = (await CliRun.Of([.. caption, "--model", Demo.Model, "--adapter", At("out/adapter")])).Succeeded();
        Assert.Equal(expected, actual);
        Assert.NotEqual(before, actual);
    }

    [Fact]
    public async Task The_command_tells_of_rank_and_adapter()
    {
        string[] train =
        [
            "train", "caption", DrawnPairs.Write(folder, 4), "--output", At("out"), "--image-size", "96", "--batch-size", "4",
            "--steps", "1", "--device", "cpu", "--lora", "2", "--lora-alpha", "6",
        ];
        var run = await CliRun.Of(train);

        run.Succeeded();
        Assert.Contains("LoRA of rank 2", run.Error, StringComparison.Ordinal);
        var config = LoraConfig.Load(At("out/adapter"));
        Assert.Equal((2, 6.0), (config.Rank, config.Alpha));
        (await CliRun.Of([.. train[..^1], "5", "--resume"])).Refused("--lora-alpha was 6 and is 5");
        (await CliRun.Of([.. train[..^3], "3", "--lora-alpha", "6", "--resume"])).Refused("--lora was 2 and is 3");
        (await CliRun.Of([.. train[..^4], "--lora-alpha", "6"])).Refused("--lora-alpha is 6: give --lora, too");
    }

    [Fact]
    public void What_has_no_adapter_is_refused()
    {
        Refused("LoraRank trains the towers alone", Options(TrainingTask.Match) with { Freeze = FrozenParts.Vision | FrozenParts.Text });
        Refused("drawn weights", Options(TrainingTask.Caption) with { Init = InitialWeights.Random });
        Refused("LoraAlpha is 0", Options(TrainingTask.Caption) with { LoraAlpha = 0 });
        Refused("LoraRank is -1", Options(TrainingTask.Caption) with { LoraRank = -1 });

        static void Refused(string message, TrainingOptions options) =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    private static TrainingOptions Options(TrainingTask task) => TrainingRecipes.For(task) with
    {
        BatchSize = 4,
        Epochs = 2,
        ImageSize = 96,
        QueueSize = task is TrainingTask.Match or TrainingTask.Pretrain ? 6 : 0,
        Captioner = task == TrainingTask.Pretrain ? Demo.Model : null,
        WarmupSteps = 0,
        Prompt = "",
        LearningRate = 1e-3,
        LoraRank = 4,
        Device = "cpu",
    };

    private static string Model(TrainingTask task) => task == TrainingTask.Caption ? Demo.Model : DemoMatching.Model;

    private string At(string name) => Path.Combine(folder.Path, name);

    private async Task<IReadOnlyList<TrainingProgress>> Run(
        string output, TrainingOptions options, int images, int stopBehind = int.MaxValue, string? model = null)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var data = new TrainingData { Sources = [DrawnPairs.Write(folder, images)] };
        using var trainer = await Trainer.OpenAsync(model ?? Model(options.Task), data, At(output), options, Token);
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

    private List<string> Lines(string run) =>
        [.. MetricsFile.Read(At($"{run}/metrics.jsonl")).Select(line => $"{line.Step} {string.Join(' ', line.Values)}")];
}
