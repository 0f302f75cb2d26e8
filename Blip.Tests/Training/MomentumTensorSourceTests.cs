using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Training.Engine;
using Blip.Training.Saving;

namespace Blip.Tests.Training;

public class MomentumTensorSourceTests
{
    [Fact]
    public void Copies_of_the_first_release_have_the_names_of_what_they_copy()
    {
        using var file = new ExtraTensorSource(new SyntheticTensorSource(TrainingGolden.Config, BlipHead.Retrieval));
        Assert.Null(MomentumTensorSource.Of(file));
        file.Set("visual_encoder_m.blocks.0.attn.qkv.bias", [2], [1, 2]);
        file.Set("text_encoder_m.embeddings.LayerNorm.weight", [1], [3]);
        file.Set("vision_proj_m.weight", [1, 1], [4]);
        file.Set("text_proj_m.bias", [1], [5]);

        using var copies = MomentumTensorSource.Of(file)!;

        Assert.Equal(
            ["text_encoder.embeddings.LayerNorm.weight", "text_proj.bias", "vision_model.encoder.layers.0.self_attn.qkv.bias",
                "vision_proj.weight"],
            copies.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([1, 2], copies.ReadAll("vision_model.encoder.layers.0.self_attn.qkv.bias"));
        Assert.Equal([4], copies.ReadAll("vision_proj.weight"));
    }

    [Fact]
    public void Queues_of_the_first_release_are_read_by_column()
    {
        var config = TrainingGolden.Config;
        var dim = config.ImageTextHiddenSize;
        using var source = new ExtraTensorSource(new SyntheticTensorSource(config, BlipHead.Retrieval));
        using var device = Device.Open("cpu");
        using var momentum = new MomentumCopy(device, source, config, config.Vision.ImageSize, queueSize: 3);
        Assert.Null(PretrainingQueues.Restore(source, momentum, dim));
        float[] columns = [.. Enumerable.Range(0, 3 * dim).Select(i => (float)i)];
        source.Set("image_queue", [dim, 3], columns);
        source.Set("text_queue", [dim, 3], [.. columns.Select(value => -value)]);
        source.Set("queue_ptr", [1], [2]);

        Assert.Contains("goes on", PretrainingQueues.Restore(source, momentum, dim), StringComparison.Ordinal);

        var (images, texts) = momentum.ReadQueues();
        Assert.Equal((0f, 3f, 1f, -1f, 2), (images[0], images[1], images[dim], texts[dim], momentum.Pointer));
        source.Set("queue_ptr", [1], [3]);
        Assert.Contains("begins anew", PretrainingQueues.Restore(source, momentum, dim), StringComparison.Ordinal);
        source.Set("image_queue", [dim, 2], columns[..(2 * dim)]);
        Assert.Contains("begins anew", PretrainingQueues.Restore(source, momentum, dim), StringComparison.Ordinal);
    }
}
