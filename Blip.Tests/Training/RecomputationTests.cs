using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph.Backward;
using Blip.Runtime.Models;
using Blip.Tests.Kernels;
using Blip.Training.Engine;
using Blip.Training.Objectives;

namespace Blip.Tests.Training;

/// <summary>Values that are computed a second time give the gradients that kept ones give, in less memory.</summary>
public sealed class RecomputationTests
{
    private const int Images = 3;

    [Theory, InlineData("cpu", 0.0), InlineData("cpu", 0.3), InlineData("opencl", 0.0)]
    public void Gradients_are_the_same_bits_in_less_memory(string id, double noise)
    {
        var (kept, all) = Gradients(id, 0, noise);
        var (less, again) = Gradients(id, TrainingGolden.Config.Vision.Layers, noise);

        Assert.True(less < kept, $"{less} bytes with recomputation, {kept} without");
        Assert.Equal(all.Keys, again.Keys);
        Assert.All(all, gradient => Assert.Equal(gradient.Value, again[gradient.Key]));
    }

    [Fact]
    public void Each_layer_that_is_computed_again_saves_memory_and_more_than_there_are_means_all()
    {
        var layers = TrainingGolden.Config.Vision.Layers;
        var bytes = Enumerable.Range(0, layers + 2).Select(count => Gradients("cpu", count, noise: 0).Bytes).ToList();

        Assert.Equal(bytes[layers], bytes[layers + 1]);
        Assert.True(bytes[layers] < bytes[0], string.Join(", ", bytes));
    }

    [Fact]
    public void Only_the_last_layers_are_recorded_again()
    {
        var config = TrainingGolden.Config;
        var step = CaptionObjective.Record(
            config, null, config.Vision.ImageSize, 0, new ObjectiveSettings(_ => true) { CheckpointLayers = 1 });

        var again = step.Graph.Nodes.Where(node => node.Name.EndsWith(".again", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(again);
        Assert.All(again, node =>
            Assert.StartsWith($"{VisionTower.Layer(config.Vision.Layers - 1).Path}.", node.Name, StringComparison.Ordinal));
    }

    private static (long Bytes, Dictionary<string, float[]> Gradients) Gradients(string id, int layers, double noise)
    {
        var config = TrainingGolden.Config;
        var side = config.Vision.ImageSize;
        using var source = new SyntheticTensorSource(config, BlipHead.Captioning);
        using var device = Devices.Open(id);
        var dropped = new TrainingNoise(noise, noise, noise);
        dropped.Seed.Value = 7;
        using var model = new TrainedModel(device, source, CaptionObjective.Record(
            config, null, side, 0.1, new ObjectiveSettings(_ => true) { Noise = dropped, CheckpointLayers = layers }));
        var batch = new CaptionBatch([[97, 19, 65, 43, 7], [97, 10, 7], [97, 66, 65, 20]], Given: 1);
        using var pixels = device.Upload<float>(TrainingGolden.Made("pixel_values", Images * 3 * side * side, 0.1, 1.0));
        var plan = model.PlanFor(CaptionObjective.Sizes(batch));
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels.View);
        CaptionObjective.Bind(plan, model.Inputs, batch, batch.Learned);
        model.Trained.ClearGradients();
        plan.Run();
        return (plan.WorkspaceBytes, model.Trained.Parameters.Select(
            (parameter, i) => (parameter.Name, device.Read(model.Trained.Gradient(i)))).ToDictionary());
    }
}
