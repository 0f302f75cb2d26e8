using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Blip.Tests.Models;
using Blip.Training;
using Blip.Training.Data;
using Blip.Training.Engine;
using Blip.Training.Objectives;

namespace Blip.Tests.Training;

/// <summary>NLVR2 is learned: gradients as by the authors' code, and runs from a matcher to a model that compares.</summary>
public sealed class ReasoningTrainingTests : TrainingRuns
{
    // The float32 errors of a chain of eight layers, by the rms of each gradient.
    private const double Error = 2e-5;

    private static TrainingOptions Options { get; } = TrainingRecipes.For(TrainingTask.Nlvr) with
    {
        BatchSize = 4,
        Epochs = 4,
        ImageSize = 96,
        LearningRate = 3e-4,
        Dropout = 0,
        DropPath = 0,
        Device = "cpu",
    };

    [Theory, InlineData("cpu"), InlineData("opencl")]
    public void Loss_and_gradients_are_those_of_the_authors_code(string id)
    {
        var golden = Checkpoints.Goldens.Read("heads", "nlvr.json");
        var config = ReasoningModelTests.Config;
        using var device = Devices.Open(id);
        using var source = new SyntheticTensorSource(config, BlipHead.VisualReasoning);
        using var model = new TrainedModel(
            device, source, ReasoningObjective.Record(
                config, config.Vision.ImageSize, labelSmoothing: 0, new ObjectiveSettings(_ => true)));
        var labels = golden.GetProperty("inputs").GetProperty("labels").EnumerateArray().Select(label => label.GetInt32() == 1).ToList();
        var batch = new ReasoningBatch(ReasoningModelTests.Texts(), labels);
        var plan = model.PlanFor(ReasoningObjective.Sizes(batch));
        plan.BindOwned(plan.Graph.Input(StepTowers.Pixels), TrainingGolden.Made("nlvr.pixel_values", 8 * 3 * 30 * 30, 0.1, 1));
        ReasoningObjective.Bind(plan, model.Inputs, batch, labels.Count);
        model.Trained.ClearGradients();
        plan.Run();
        model.Trained.CompleteGradients();

        TrainingGolden.LossesAgree(golden.GetProperty("loss").GetDouble(), TrainedModel.ReadLosses(plan).Values.Sum(), "the loss");
        using var expected = new SafetensorsFile(GoldenModel.Folder("heads", "nlvr.gradients.safetensors"));
        var shapes = golden.GetProperty("parameters").EnumerateObject().ToDictionary(
            shape => shape.Name, shape => shape.Value.EnumerateArray().Aggregate(1, (all, size) => all * size.GetInt32()));
        var compared = 0;
        foreach (var (i, parameter) in model.Trained.Parameters.Index())
        {
            var values = device.Read(model.Trained.Gradient(i));
            if (parameter.Matrix is { } matrix)
                values = TrainingGolden.Transposed(values, matrix.InFeatures, matrix.OutFeatures);
            var at = 0;
            foreach (var key in parameter.Keys)
            {
                var part = values.AsSpan(at, shapes[key]);
                at += part.Length;
                if (
                    !expected.TryGet(key, out _) || key.EndsWith(".key.bias", StringComparison.Ordinal)
                        || key.EndsWith("qkv.bias", StringComparison.Ordinal))
                    continue;
                Agree(key, expected.ReadAll(key), part);
                compared++;
            }
        }
        Assert.Equal(
            expected.Keys.Count(
                key =>
                    !key.EndsWith(".key.bias", StringComparison.Ordinal) && !key.EndsWith("qkv.bias", StringComparison.Ordinal)), compared);
    }

    [Fact]
    public void Left_and_right_change_with_the_images()
    {
        Assert.Equal("the right one is left of a copyright", SwappedSides.Swapped("the left one is right of a copyright"));
        var item = new TrainingItem("0", Blip.Datasets.SampleImage.FromFile("a.png"), "a left star", [])
        {
            Second = Blip.Datasets.SampleImage.FromFile("b.png"),
            IsTrue = true,
        };
        var epochs = Enumerable.Range(0, 64).Select(epoch => SwappedSides.Apply(item, Options, epoch)).ToList();
        Assert.InRange(epochs.Count(swapped => swapped.Image.Name == "b.png"), 16, 48);
        Assert.All(epochs, swapped => Assert.Equal(swapped.Image.Name == "b.png" ? "a right star" : "a left star", swapped.Text));
        Assert.All(epochs, swapped => Assert.NotEqual(swapped.Image.Name, swapped.Second!.Name));
        Assert.All(
            Enumerable.Range(0, 8), epoch =>
                Assert.Same(item, SwappedSides.Apply(item, Options with { Augment = AugmentationKind.None }, epoch)));
    }

    [Fact]
    public async Task A_matcher_learns_to_compare_and_a_run_goes_on()
    {
        FullRun.Only();
        var data = Pairs(8) with { Validation = Pairs(8) };
        await Run(data, "whole", Options, model: DemoMatching.Model);
        Assert.Contains(Said, said => said.Contains("begin at random", StringComparison.Ordinal));
        await Run(data, "parted", Options, stopBehind: 3, model: DemoMatching.Model);
        await Run(data, "parted", Options with { Resume = true }, model: DemoMatching.Model);
        Same("whole", "parted", Weights);

        using var comparer = ImageComparer.Load(At("whole"), new ImageComparerOptions { Device = "cpu" });
        Assert.InRange(comparer.Compare(Demo.Paths[0], Demo.Paths[1], "both images are red", Token).ProbabilityTrue, 0, 1);
        var lines = await File.ReadAllLinesAsync(At("whole/metrics.jsonl"), Token);
        Assert.Contains(lines, line => line.Contains("accuracy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pair_without_an_image_is_passed_over_and_told()
    {
        var list = Folder.Write("list.json", """
            [{"sentence": "a star", "label": "True", "images": ["00.png", "gone.png"]}, {"sentence": "a ring", "images": ["00.png", "01.png"]}]
            """);
        await Refused(
            "nothing to learn from", () =>
                Run(new TrainingData { Sources = [list], Images = Demo.Samples }, "none", Options, model: DemoMatching.Model));
    }

    private TrainingData Pairs(int count)
    {
        var entries = Enumerable.Range(0, count).Select(i => new
        {
            sentence = "Both images show the same.",
            label = i % 2 == 0 ? "True" : "False",
            images = new[] { Path.GetFileName(Demo.Paths[i]), Path.GetFileName(Demo.Paths[i % 2 == 0 ? i : i + 1]) },
        });
        return new TrainingData { Sources = [Folder.Write("nlvr_train.json", JsonSerializer.Serialize(entries))], Images = Demo.Samples };
    }

    private static void Agree(string key, float[] expected, ReadOnlySpan<float> actual)
    {
        double error = 0, size = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            error += Math.Pow((double)actual[i] - expected[i], 2);
            size += Math.Pow(expected[i], 2);
        }
        Assert.True(
            Math.Sqrt(error) <= Error * Math.Sqrt(size), $"the gradient of {key} is off by {Math.Sqrt(error / size):g3} of its rms");
    }
}
