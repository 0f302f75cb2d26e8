using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Bench.Workloads;

/// <summary>A synthetic batch of images and captions, for a synthetic model.</summary>
internal sealed record TrainingBatch
{
    private const int LongestCaption = 20, CaptionLengths = 4;

    /// <summary>Makes a batch. A null side is the model's.</summary>
    /// <exception cref="CheckpointException">The model is unknown.</exception>
    /// <exception cref="UsageException">The name is not a synthetic model's, or the side is not a multiple of a patch.</exception>
    public TrainingBatch(string model, int images, int? side)
    {
        if (!model.StartsWith(SyntheticModels.Prefix, StringComparison.Ordinal))
            throw new UsageException(
                $"--config is '{model}'; give a model whose weights are made up, such as {SyntheticModels.Prefix}base.");
        var config = SyntheticModels.Config(model[SyntheticModels.Prefix.Length..]);
        (Images, Side) = (images, side ?? config.Vision.ImageSize);
        if (Side < config.Vision.PatchSize || Side % config.Vision.PatchSize != 0)
        {
            throw new UsageException(
                $"--size is {Side}; {model} cuts images in patches of {config.Vision.PatchSize} pixels: give a multiple of that.");
        }
        Model = model;
        // Position embeddings fit the side, so that none are resized.
        Config = config with { Vision = config.Vision with { ImageSize = Side } };
        Pixels = new float[images * 3 * Side * Side];
        SyntheticTensors.Fill("pixel_values", 0.1, 1, Pixels);
        Texts = [.. Enumerable.Range(0, images).Select(Text)];
    }

    public string Model { get; }

    public BlipConfig Config { get; }

    /// <summary>Images, with one caption each.</summary>
    public int Images { get; }

    /// <summary>The images' side in pixels.</summary>
    public int Side { get; }

    /// <summary>The products' format; weights, moments and losses are in fp32.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    public string PrecisionName => Precision.ToString().ToLowerInvariant();

    /// <summary>Pixels <c>[images, 3, side, side]</c>.</summary>
    public float[] Pixels { get; }

    /// <summary>Captions' token ids, from [DEC] to [SEP]. Lengths differ, so that some are padded.</summary>
    public IReadOnlyList<int[]> Texts { get; }

    /// <summary>The name of a step.</summary>
    public string Work => $"{Model}: training step of {Images} images of {Side} pixels";

    public ITensorSource OpenWeights() => new SyntheticTensorSource(Config, BlipHead.Captioning);

    private int[] Text(int row)
    {
        var words = LongestCaption - (row % CaptionLengths) - 2;
        var ids = Enumerable.Range(0, words).Select(i => (1000 + (37 * i) + (101 * row)) % Config.Text.VocabularySize);
        return [Config.Text.BosTokenId, .. ids, Config.Text.SepTokenId];
    }
}
