using Blip.Runtime.Checkpoints;
using Blip.Tests.Cli;
using Blip.Training;
using Blip.Training.Metrics;
using Blip.Training.Saving;

namespace Blip.Tests.Training;

/// <summary>Checkpoints that are scored on held-out data, and models that begin with drawn weights.</summary>
public sealed class ValidationTests : TrainingRuns
{
    private static TrainingOptions Options { get; } = Caption with { Epochs = 5 };

    [Fact]
    public async Task The_best_checkpoint_is_kept_and_a_run_that_gets_no_better_ends()
    {
        // Weights that hardly move give the same captions at each checkpoint.
        var options = Options with { LearningRate = 1e-12, MinLearningRate = 0, Patience = 2 };
        var data = Data(4);
        var whole = await Run(data with { Validation = data }, "whole", options);

        Assert.Equal((3, false), (whole.Steps, whole.Stopped));
        var scores = Scores("whole");
        Assert.Equal(3, scores.Count);
        Assert.Single(scores.Distinct());
        Assert.True(scores[0] > 1, $"CIDEr of the demo captioner on its own scenes is {scores[0]}");
        // The first of equals stays the best.
        using var best = TensorFiles.Open(Path.Combine(At("whole"), Trainer.BestFolder, "model.safetensors"));
        Assert.NotEmpty(best.Keys);
        Assert.True(File.GetLastWriteTimeUtc(At("whole/best/model.safetensors")) < File.GetLastWriteTimeUtc(At("whole/model.safetensors")));

        // Patience that is over ends the run when it goes on, too; more of it lets it go on.
        Assert.Equal(3, (await Run(data with { Validation = data }, "whole", options with { Resume = true })).Steps);
        Assert.Equal(5, (await Run(data with { Validation = data }, "whole", options with { Resume = true, Patience = 0 })).Steps);
    }

    [Theory]
    [InlineData(TrainingTask.Match, "recall"), InlineData(TrainingTask.Pretrain, "cider")]
    public async Task Each_task_has_its_own_figure(TrainingTask task, string figure)
    {
        var options = TrainingRecipes.For(task) with
        {
            BatchSize = 4,
            Steps = 1,
            ImageSize = 96,
            QueueSize = 4,
            WarmupSteps = 0,
            Captioner = task == TrainingTask.Pretrain ? Demo.Model : null,
            Device = "cpu",
        };
        var data = Data(4);
        using var trainer = await Trainer.OpenAsync(DemoMatching.Model, data with { Validation = data }, At("out"), options, Token);
        TrainingProgress? last = null;
        await trainer.RunAsync(step => last = step, Token);

        Assert.InRange(last!.Validation[figure], 0.01, 10);
        Assert.Contains(last.Notices, notice => notice.Contains($"{figure} ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""["red"]""", 1.0), InlineData("""["pink", "cyan"]""", 0.0)]
    public async Task Answers_are_right_where_somebody_gave_them(string answers, double accuracy)
    {
        if (accuracy == 0)
            FullRun.Only();
        var data = Data(1).Sources[0];
        Folder.Write("data/asked.json", $$"""[{"image": "0000.png", "question": "what color is it?", "answer": {{answers}}}]""");
        var options = TrainingRecipes.For(TrainingTask.Vqa) with
        {
            BatchSize = 1,
            Steps = 12,
            ImageSize = 96,
            LearningRate = 1e-3,
            Epochs = 12,
            Device = "cpu",
        };
        Folder.Write("data/learned.json", """[{"image": "0000.png", "question": "what color is it?", "answer": ["red"]}]""");
        var training = new TrainingData
        {
            Sources = [Path.Combine(data, "learned.json")],
            Validation = new TrainingData { Sources = [Path.Combine(data, "asked.json")] },
        };
        using var trainer = await Trainer.OpenAsync(Repository.Absolute("weights/vqa"), training, At("out"), options, Token);
        TrainingProgress? last = null;
        await trainer.RunAsync(step => last = step, Token);

        Assert.Equal(accuracy, last!.Validation["accuracy"]);
    }

    [Fact]
    public async Task Patience_without_data_and_data_without_texts_are_refused()
    {
        var data = Data(4);
        await RefusedAsync("name validation data", data, Options with { Patience = 1 });
        Folder.Write("bare/0.png", File.ReadAllBytes(Path.Combine(data.Sources[0], "0000.png")));
        await RefusedAsync("none of the data for validation", data with { Validation = new TrainingData { Sources = [At("bare")] } },
            Options);
    }

    [Fact]
    public async Task Drawn_weights_need_a_config_and_a_vocabulary_alone_and_follow_from_the_seed()
    {
        foreach (var file in (string[])["config.json", "vocab.txt"])
            Folder.Write($"sizes/{file}", File.ReadAllBytes(Path.Combine(Demo.Model, file)));
        var options = Options with { Init = InitialWeights.Random, Epochs = 1, LearningRate = 1e-12 };
        var data = Data(4);
        await Run(data, "one", options, model: At("sizes"));
        await Run(data, "same", options, model: At("sizes"));
        await Run(data, "other", options with { Seed = 7 }, model: At("sizes"));

        Assert.Equal(File.ReadAllBytes(At("one/model.safetensors")), File.ReadAllBytes(At("same/model.safetensors")));
        using var weights = TensorFiles.Open(At("one/model.safetensors"));
        using var others = TensorFiles.Open(At("other/model.safetensors"));
        const string Matrix = "vision_model.encoder.layers.0.mlp.fc1.weight";
        Assert.NotEqual(weights.ReadAll(Matrix), others.ReadAll(Matrix));
        var values = weights.ReadAll(Matrix);
        Assert.Equal(0.7 / Math.Sqrt(128), Math.Sqrt(values.Average(value => (double)value * value)), 1e-3);
        Assert.Equal(0, values.Average(value => (double)value), 1e-3);
        Assert.All(weights.ReadAll("vision_model.post_layernorm.weight"), gain => Assert.Equal(1, gain, 1e-6));
        await RefusedAsync("weights", data, Options, At("sizes"));
    }

    /// <summary>Under the first release's names, and the same model for every command.</summary>
    [Fact]
    public async Task The_authors_format_stands_beside_and_loads()
    {
        var options = TrainingRecipes.For(TrainingTask.Match) with
        {
            BatchSize = 4,
            Steps = 1,
            ImageSize = 96,
            QueueSize = 0,
            Format = CheckpointFormat.Original,
            Device = "cpu",
        };
        await Run(Data(4), "out", options, model: DemoMatching.Model);

        using var file = new TorchFile(At("out/original.pth"));
        Assert.Contains("visual_encoder.blocks.0.attn.qkv.weight", file.Keys);
        Assert.Contains("visual_encoder.pos_embed", file.Keys);
        Assert.Contains("temp", file.Keys);
        Assert.DoesNotContain(file.Keys, key => key.StartsWith("vision_model.", StringComparison.Ordinal));
        using var ours = TensorFiles.Open(At("out/model.safetensors"));
        using var theirs = TensorFiles.Open(At("out/original.pth"));
        Assert.All(ours.Keys, key =>
        {
            Assert.Equal(ours.Get(key).Shape, theirs.Get(key).Shape);
            Assert.Equal(ours.ReadAll(key), theirs.ReadAll(key));
        });
    }

    [Fact]
    public async Task A_run_that_was_killed_while_it_wrote_its_first_checkpoint_begins_anew()
    {
        var data = Data(4);
        await Run(data, "whole", Options with { Epochs = 1 });
        using (var trainer = await Trainer.OpenAsync(Demo.Model, data, At("killed"), Options with { Epochs = 1 }, Token))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(
                () => trainer.RunAsync(_ => throw new InvalidOperationException("as if the process ended here"), Token));
        }
        Assert.True(File.Exists(At("killed/training-state.safetensors")));
        // The remains of a kill between the files of the first checkpoint.
        File.Copy(At("whole/training-state.safetensors"), At("killed/half.safetensors.tmp"));
        File.WriteAllBytes(At("killed/training-state.safetensors"), BegunState(At("whole")));

        var result = await Run(data, "killed", Options with { Epochs = 1, Resume = true });

        Assert.Equal(1, result.Steps);
        Assert.Equal(File.ReadAllBytes(At("whole/model.safetensors")), File.ReadAllBytes(At("killed/model.safetensors")));
    }

    [Fact]
    public async Task Other_texts_in_as_many_pairs_and_a_second_process_are_refused()
    {
        var data = Data(4);
        var options = Options with { Epochs = 1 };
        using (await Trainer.OpenAsync(Demo.Model, data, At("out"), options, Token))
        {
            var second = await Assert.ThrowsAsync<TrainingException>(() => Run(data, "out", options));
            Assert.Contains("another process trains there", second.Message, StringComparison.Ordinal);
        }
        await Run(data, "out", options);
        Folder.Write("data/0000.txt", "a text that was not there");
        var refused = await Assert.ThrowsAsync<TrainingException>(() => Run(data, "out", options with { Resume = true, Steps = 9 }));
        Assert.Contains("cannot go on with other data", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_texts_are_told()
    {
        var data = Data(4);
        Folder.Write("data/0000.txt", string.Join(' ', Enumerable.Repeat("red", 40)));
        using var trainer = await Trainer.OpenAsync(Demo.Model, data, At("out"), Options, Token);

        Assert.Contains(trainer.Summary,
            sentence => sentence.StartsWith("25.0 % of the texts have more than 30 words", StringComparison.Ordinal)
            || sentence.StartsWith("25.0% of the texts have more than 30 words", StringComparison.Ordinal));
    }

    private byte[] BegunState(string run)
    {
        var marked = At("marked");
        Directory.CreateDirectory(marked);
        TrainingState.Begin(marked, TrainingState.ReadSettings(run)!);
        return File.ReadAllBytes(Path.Combine(marked, TrainingState.FileName));
    }

    private List<double> Scores(string run) =>
        [.. MetricsFile.Read(At($"{run}/metrics.jsonl")).SelectMany(line => line.Values).Where(value => value.Key == "validation/cider")
            .Select(value => value.Value)];

    private async Task RefusedAsync(string message, TrainingData data, TrainingOptions options, string? model = null)
    {
        var refused = await Assert.ThrowsAsync<TrainingException>(() => Run(data, $"refused{message.Length}", options, model: model));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }
}
