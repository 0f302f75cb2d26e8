using Blip.Datasets.Shapes;
using Blip.Runtime.Checkpoints;
using Blip.Tests.Cli;
using Blip.Training;

namespace Blip.Tests.Training;

/// <summary>Whole runs of training with the demo models on drawn scenes.</summary>
public sealed class TrainerTests : TrainingRuns
{
    [Fact]
    public async Task A_run_that_was_stopped_goes_on_with_the_same_bits()
    {
        var data = Data(images: 12);
        await Run(data, "whole", Caption);
        var stopped = await Run(data, "parts", Caption, stopBehind: 2);
        Assert.True(stopped.Stopped);
        Assert.Equal(2, stopped.Steps);
        var rest = await Run(data, "parts", Caption with { Resume = true });

        Assert.Equal(6, rest.Steps);
        Same("whole", "parts", Weights);
        Assert.Equal(Lines("whole"), Lines("parts"));
    }

    /// <summary>A run that is killed while it saves for the first time leaves its metrics and an unfinished file.</summary>
    [Fact]
    public async Task A_run_without_a_checkpoint_begins_anew()
    {
        var data = Data(images: 4);
        var unfinished = Folder.Write($"out/model.safetensors.{Guid.NewGuid():N}.tmp", "half a file");
        Folder.Write("out/metrics.jsonl", """{"step":1,"epoch":0,"time":"2026-11-29T10:00:00Z","loss":9}""" + "\n");

        var result = await Run(data, "out", Caption with { Resume = true });

        Assert.Equal(2, result.Steps);
        Assert.Equal(2, Lines("out").Count);
        Assert.False(File.Exists(unfinished));
    }

    /// <summary>The data do not exist: they would be missed on the first look at them.</summary>
    [Theory]
    [InlineData(TrainingTask.Caption), InlineData(TrainingTask.Vqa), InlineData(TrainingTask.Match), InlineData(TrainingTask.Pretrain)]
    public async Task A_batch_that_no_memory_holds_is_refused_before_the_data_are_read(TrainingTask task)
    {
        var options = TrainingRecipes.For(task) with
        {
            BatchSize = 1 << 16,
            ImageSize = 96,
            QueueSize = 1 << 16,
            Captioner = task == TrainingTask.Pretrain ? Demo.Model : null,
            Device = "cpu",
        };
        await Refused("the values of a batch need", () => Trainer.OpenAsync(
            Model(task), new TrainingData { Sources = [At("none")] }, At("out"), options, Token));
    }

    [Fact]
    public async Task Loader_threads_and_a_second_run_change_nothing()
    {
        var data = Data(images: 8);
        var options = Caption with { Epochs = 1 };
        await Run(data, "one", options with { LoaderThreads = 1 });
        await Run(data, "two", options with { LoaderThreads = 2 });

        Same("one", "two", Weights);
    }

    /// <summary>Dropout draws by batch, and is therefore off here.</summary>
    [Fact]
    public async Task A_batch_of_eight_is_four_times_two()
    {
        var data = Data(images: 8);
        var options = Caption with { Epochs = 1, Dropout = 0, AttentionDropout = 0, Shuffle = false };
        await Run(data, "at-once", options with { BatchSize = 8 });
        await Run(data, "accumulated", options with { BatchSize = 2, Accumulate = 4 });

        Same("at-once", "accumulated", Weights);
    }

    [Theory]
    [InlineData(TrainingTask.Caption), InlineData(TrainingTask.Match)]
    public async Task What_is_frozen_stays_and_the_rest_learns(TrainingTask task)
    {
        var options = TrainingRecipes.For(task) with
        {
            BatchSize = 4,
            Epochs = 1,
            ImageSize = 96,
            QueueSize = task == TrainingTask.Match ? 6 : 0,
            Prompt = "",
            LearningRate = 1e-3,
            Freeze = FrozenParts.Vision,
            Device = "cpu",
        };
        await Run(Data(images: 8), "out", options);

        using var before = TensorFiles.Open(Path.Combine(Model(task), Weights));
        using var after = TensorFiles.Open(At($"out/{Weights}"));
        foreach (var key in after.Keys)
        {
            var same = before.ReadAll(key).SequenceEqual(after.ReadAll(key));
            Assert.True(same == key.StartsWith("vision_model.", StringComparison.Ordinal), $"{key} {(same ? "stayed" : "changed")}");
        }
    }

    [Fact]
    public async Task A_matcher_goes_on_with_the_same_bits_queue_and_copies_among_them()
    {
        FullRun.Only();
        var data = Data(images: 12);
        var options = TrainingRecipes.For(TrainingTask.Match) with
        {
            BatchSize = 4,
            Epochs = 2,
            ImageSize = 96,
            QueueSize = 6,
            LearningRate = 1e-3,
            Device = "cpu",
        };
        await Run(data, "whole", options);
        await Run(data, "parts", options, stopBehind: 4);
        await Run(data, "parts", options with { Resume = true });

        Same("whole", "parts", Weights);
        Assert.NotEmpty((await CliRun.Of(
            "match", At("data/0000.png"), "--text", "a large red circle", "--model", At("parts"), "--device", "cpu")).Succeeded());
    }

    /// <summary>Losses and gradients are means over a step: the same batch twice equals that batch once.</summary>
    [Fact]
    public async Task A_matcher_s_accumulated_gradient_is_a_mean()
    {
        var norms = new List<double>();
        foreach (var accumulate in (int[])[1, 2])
        {
            // Copies of one image and text: every batch is the same, and negatives there are none.
            foreach (var i in Enumerable.Range(0, 4))
            {
                Folder.Write($"same{accumulate}/{i}.png", SceneRenderer.RenderPng(new NoisyPairs().Pair(0).Scene));
                Folder.Write($"same{accumulate}/{i}.txt", "a red circle");
            }
            var options = TrainingRecipes.For(TrainingTask.Match) with
            {
                BatchSize = 2,
                Accumulate = accumulate,
                Steps = 1,
                ImageSize = 96,
                QueueSize = 0,
                Dropout = 0,
                AttentionDropout = 0,
                Augment = AugmentationKind.None,
                Device = "cpu",
            };
            using var trainer = await Trainer.OpenAsync(
                DemoMatching.Model, new TrainingData { Sources = [At($"same{accumulate}")] }, At($"out{accumulate}"), options, Token);
            await trainer.RunAsync(step => norms.Add(step.GradientNorm), Token);
        }

        Assert.Equal(norms[0], norms[1], 1e-4 * norms[0]);
    }

    [Fact]
    public async Task An_answerer_learns_weighted_answers_and_answers()
    {
        foreach (var i in Enumerable.Range(0, 4))
            Folder.Write($"vqa/{i}.png", SceneRenderer.RenderPng(new NoisyPairs().Pair(i).Scene));
        var entries = Enumerable.Range(0, 4)
            .Select(i => $$"""{"image": "{{i}}.png", "question": "what color is it?", "answer": ["red", "red", "blue"]}""");
        Folder.Write("vqa/questions.json", $"[{string.Join(',', entries)}]");
        var options = TrainingRecipes.For(TrainingTask.Vqa) with
        {
            BatchSize = 2,
            Epochs = 1,
            ImageSize = 96,
            LearningRate = 1e-4,
            Device = "cpu",
        };

        var result = await Run(new TrainingData { Sources = [At("vqa/questions.json")] }, "out", options);

        Assert.Equal(2, result.Steps);
        Assert.NotEmpty((await CliRun.Of(
            "ask", At("vqa/0.png"), "what color is it?", "--model", At("out"), "--device", "cpu")).Succeeded());
    }

    /// <summary>One checkpoint captions and matches, and pre-training goes on from it with its temperature.</summary>
    [Fact]
    public async Task What_pretraining_writes_captions_and_matches_and_can_be_pretrained_again()
    {
        FullRun.Only();
        var options = TrainingRecipes.For(TrainingTask.Pretrain) with
        {
            BatchSize = 4,
            Epochs = 2,
            ImageSize = 96,
            QueueSize = 6,
            WarmupSteps = 0,
            LearningRate = 1e-4,
            Captioner = Demo.Model,
            Device = "cpu",
        };
        var data = Data(images: 8);
        await Run(data, "whole", options);
        await Run(data, "parts", options, stopBehind: 1);
        await Run(data, "parts", options with { Resume = true });
        Same("whole", "parts", Weights);

        var image = At("data/0000.png");
        Assert.NotEmpty((await CliRun.Of("caption", image, "--model", At("whole"), "--device", "cpu")).Succeeded());
        Assert.NotEmpty((await CliRun.Of("match", image, "--text", "a red circle", "--model", At("whole"), "--device", "cpu")).Succeeded());
        using (var weights = TensorFiles.Open(At($"whole/{Weights}")))
        using (var setup = TrainingSetup.Open(At("whole"), At("opened"), options with { Captioner = null }))
            Assert.Equal(weights.ReadAll("temp")[0], setup.Learner.Temperature!.Value, 1e-7);
        using var again = await Trainer.OpenAsync(At("whole"), data, At("again"), options with { Captioner = null, Epochs = 1 }, Token);
        Assert.Equal(2, (await again.RunAsync(cancellationToken: Token)).Steps);
        await Refused("name both", () => Run(data, "alone", options with { Captioner = null }));
    }

    [Fact]
    public async Task Other_images_sizes_resize_the_positions()
    {
        var result = await Run(Data(images: 4), "out", Caption with { Epochs = 1, ImageSize = 72 });

        Assert.Equal(72, BlipConfig.Load(Path.Combine(result.Output, "config.json")).Vision.ImageSize);
        Assert.NotEmpty((await CliRun.Of("caption", At("data/0000.png"), "--model", result.Output, "--device", "cpu")).Succeeded());
    }

    [Fact]
    public async Task What_cannot_go_on_is_refused_and_nothing_is_lost()
    {
        var data = Data(images: 4);
        var options = Caption with { Epochs = 1 };
        await Run(data, "run", options);
        var before = File.ReadAllBytes(At($"run/{Weights}"));

        await Refused("holds something already", () => Run(data, "run", options));
        await Refused("LearningRate was 0.001 and is 0.0001.", () => Run(data, "run", options with { Resume = true, LearningRate = 1e-4 }));
        Folder.Write("data/0004.png", SceneRenderer.RenderPng(new NoisyPairs().Pair(4).Scene));
        Folder.Write("data/0004.txt", "one more");
        await Refused("has 5 pairs, and had 4", () => Run(data, "run", options with { Resume = true }));
        Folder.Write("letters/novel.txt", "chapter one");
        await Refused("no run that can go on", () => Run(data, "letters", options with { Resume = true }));
        await Refused("fill no batch of 40", () => Run(data, "big", options with { BatchSize = 40 }));
        await Refused("multiple of the patches' side", () => Run(data, "odd", options with { ImageSize = 97 }));
        Assert.Equal(before, File.ReadAllBytes(At($"run/{Weights}")));
        Assert.Equal("chapter one", File.ReadAllText(At("letters/novel.txt")));
    }

    // Each step's numbers; the times differ.
    private List<string> Lines(string run) =>
        [.. Blip.Training.Metrics.MetricsFile.Read(At($"{run}/metrics.jsonl"))
            .Select(line => $"{line.Step} {string.Join(' ', line.Values)}")];
}
