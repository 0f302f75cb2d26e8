using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Training;
using Blip.Training.Saving;

namespace Blip.Tests.Training;

/// <summary>The settings that a resumed run must share with its beginning, and the ones that may change.</summary>
public sealed class ResumeTests : TrainingRuns
{
    private static readonly TrainingOptions Once = Caption with { Epochs = 1 };

    [Fact]
    public async Task Another_model_is_refused()
    {
        var data = Data(images: 4);
        await Run(data, "run", Once);
        await Run(data, "other", Once with { LearningRate = 1e-2 });

        await Refused("began with another model", () => Run(data, "run", Once with { Resume = true }, model: At("other")));
        // A copy elsewhere is the same model.
        foreach (var file in Directory.EnumerateFiles(Model(TrainingTask.Caption)))
            Folder.Write($"copy/{Path.GetFileName(file)}", File.ReadAllBytes(file));
        Assert.Equal(1, (await Run(data, "run", Once with { Resume = true }, model: At("copy"))).Steps);
    }

    [Fact]
    public async Task Options_that_change_no_number_may_change_and_one_that_is_younger_than_the_run_had_its_default()
    {
        var data = Data(images: 8);
        await Run(data, "whole", Caption);
        await Run(data, "run", Caption, stopBehind: 2);
        ChangeSettings("run", settings => settings.Remove(nameof(TrainingOptions.MaxWords)));

        await Refused("MaxWords was 30 and is 9.", () => Run(data, "run", Caption with { Resume = true, MaxWords = 9 }));
        await Run(data, "run", Caption with { Resume = true, CheckpointLayers = 2, LoaderThreads = 1, SaveSteps = 1 });
        Same("whole", "run", Weights);
    }

    [Fact]
    public async Task Other_validation_data_let_the_best_so_far_count_no_more()
    {
        var data = Data(images: 4);
        var broken = At("held-out/0009.png");
        foreach (var file in Directory.EnumerateFiles(data.Sources[0]))
            Folder.Write($"held-out/{Path.GetFileName(file)}", File.ReadAllBytes(file));
        var heldOut = new TrainingData { Sources = [At("held-out")] };
        await Run(data with { Validation = data }, "run", Caption, stopBehind: 1);
        File.WriteAllText(broken, "no image");
        File.WriteAllText(At("held-out/0009.txt"), "a red circle");
        Said.Clear();

        await Run(data with { Validation = heldOut }, "run", Caption with { Resume = true });

        Assert.Contains(Said, line => line.Contains("not those of before", StringComparison.Ordinal));
        Assert.Contains(Said, line => line.StartsWith("validation left out 1 that cannot be read", StringComparison.Ordinal)
            && line.Contains("0009", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_finished_run_still_writes_the_original_format()
    {
        var data = Data(images: 4);
        await Run(data, "run", Once);
        var before = File.ReadAllBytes(At($"run/{Weights}"));

        await Run(data, "run", Once with { Resume = true, Format = CheckpointFormat.Original });

        Assert.True(File.Exists(At("run/original.pth")));
        Assert.Equal(before, File.ReadAllBytes(At($"run/{Weights}")));
    }

    [Fact]
    public async Task What_cannot_be_learned_or_held_is_refused_before_the_first_step()
    {
        var data = Data(images: 4);
        var positions = BlipConfig.Load(Path.Combine(Model(TrainingTask.Caption), "config.json")).Text.MaxPositions;

        await Refused($"the model has positions for {positions} tokens", () => Run(data, "long", Once with { MaxTokens = positions + 1 }));
        await Refused("nothing would be left to learn", () => Run(data, "prompt", Once with { Prompt = "a a a a a a", MaxTokens = 8 }));
        await Refused("give a smaller BatchSize", () => Run(data, "large", Once with { ImageSize = 12_000 }));
    }

    private void ChangeSettings(string run, Action<Dictionary<string, JsonElement>> change)
    {
        var path = At($"{run}/{TrainingState.FileName}");
        using var copy = new MemoryStream();
        using (var state = new SafetensorsFile(path))
        {
            var metadata = state.Metadata.ToDictionary();
            var settings = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(metadata["settings"])!;
            change(settings);
            metadata["settings"] = JsonSerializer.Serialize(settings);
            var tensors = state.Keys.Select(state.Get).ToList();
            SafetensorsWriter.WriteHeader(copy, tensors, metadata);
            foreach (var tensor in tensors)
                copy.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(state.ReadAll(tensor.Key)));
        }
        File.WriteAllBytes(path, copy.ToArray());
    }
}
