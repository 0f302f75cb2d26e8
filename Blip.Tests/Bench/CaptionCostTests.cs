using Blip.Bench.Workloads;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;

namespace Blip.Tests.Bench;

public class CaptionCostTests
{
    [Theory]
    [InlineData("tiny-square")]
    [InlineData("tiny-wide")]
    public void Operations_are_those_of_the_graphs_linear_layers_and_attentions(string name)
    {
        using var device = Device.Open("cpu");
        var source = ModelSource.Synthetic(SyntheticModels.Config(name));
        // A norm in an epilogue would count among its linear layer's operations.
        using var model = CaptioningModel.Load(source, device, new ModelOptions { Passes = PassSet.All & ~PassSet.Epilogues });
        const int Images = 2;
        var cost = new CaptionCost(source.Config, Precision.Fp32, Precision.Fp32);
        var side = source.Config.Vision.ImageSize;
        device.Profiler = new Profiler();
        model.Encode(Images, side, side);
        var counted = Counted(device.Profiler).GroupBy(step => step.Stage)
            .ToDictionary(group => group.Key, group => (double)group.Sum(step => step.Flops));
        Assert.Equal(counted["vision"], cost.Encode(Images).Flops);
        Assert.Equal(counted["image-keys-values"], cost.CrossKeysValues(Images).Flops);

        // The node counts the whole cache, also the unread part.
        using var state = new DecodingState(device, Images, 1, capacity: 1) { PromptTokens = 1, KeyTokens = 1 };
        state.Prompts.CopyFrom(new int[state.Prompts.Length]);
        state.PromptLengths.CopyFrom([1, 1]);
        device.Profiler = new Profiler();
        model.Prefill(state);
        Assert.Equal(Counted(device.Profiler).Sum(step => (double)step.Flops), cost.Token(Images, 1, 1).Flops);
    }

    private static IEnumerable<ProfiledStep> Counted(Profiler profiler) =>
        profiler.Steps.Where(step => step.Operation is "Linear" or "Attention");

    [Theory]
    [InlineData("fp32", 4.0, 0)]
    [InlineData("bf16", 2.0, 0)]
    [InlineData("int8", 1.0, 4.0)]
    public void A_token_of_the_base_model_reads_its_weights_scales_and_caches(string precision, double perWeight, double perOutput)
    {
        var config = SyntheticModels.Config("base");
        var cost = new CaptionCost(config, Enum.Parse<Precision>(precision, ignoreCase: true), Precision.Fp32);
        // Layers: 3 + 3 squares of 768 and twice 768 · 3072; then the head's square and the vocabulary.
        const double Outputs = (12 * ((6 * 768) + 3072 + 768)) + 768 + 30524,
            Weights = (12 * ((6 * 768 * 768) + (2 * 768 * 3072))) + (768 * 768) + (768 * 30524);
        const double Norms = 12 * 6 * 768, Image = 12 * 577 * 2 * 768;
        var caches = 12 * 2 * 768 * (20 + 1);
        Assert.Equal((perWeight * Weights) + (perOutput * Outputs) + (4 * (Outputs + Norms + Image + caches + 30524)),
            cost.Token(1, 1, 20).Bytes);
        // Beams share the image's keys and values, and the weights.
        Assert.Equal(2 * 4 * (caches + 30524), cost.Token(1, 3, 20).Bytes - cost.Token(1, 1, 20).Bytes);
    }

    [Fact]
    public void A_caption_is_its_parts()
    {
        var cost = new CaptionCost(SyntheticModels.Config("base"), Precision.Int8, Precision.Fp32);
        var parts = cost.Encode(4) + cost.CrossKeysValues(4) + cost.Token(4, 1, 1) + cost.Token(4, 3, 2) + cost.Token(4, 3, 3);
        Assert.Equal(parts, cost.Caption(4, 3, 3));
    }
}
