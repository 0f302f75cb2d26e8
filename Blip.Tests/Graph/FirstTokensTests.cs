using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;
using Blip.Tests.Kernels;
using Blip.Tests.Models;

namespace Blip.Tests.Graph;

/// <summary>Where only the first token is read, the last layer computes only that one, and its values keep their bits.</summary>
public class FirstTokensTests(OpenDevices devices) : IClassFixture<OpenDevices>
{
    private const PassSet Without = PassSet.All & ~PassSet.FirstTokens;

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Embeddings_and_match_probabilities_keep_their_bits(string variant)
    {
        if (variant == "portable")
            FullRun.Only();
        using var golden = new GoldenModel("tiny-wide", "retrieval");
        using var device = Variants.Open(variant);
        var texts = ModelGoldens.Texts(golden, "cls.input_ids", "cls.attention_mask");
        foreach (var precision in Enum.GetValues<Precision>())
            Assert.Equal(Run(Without, precision), Run(PassSet.All, precision));

        float[] Run(PassSet passes, Precision precision)
        {
            using var model = MatchingModel.Load(
                ModelSource.Resolve("synthetic:tiny-wide"), device, new ModelOptions
                {
                    Precision = precision,
                    EncoderPrecision = precision,
                    Passes = passes,
                });
            var images = ModelGoldens.Encode(golden, model);
            golden.Stored("pixel_values", out var shape);
            var vectors = model.EmbedImages(images);
            Assert.Equal(vectors, model.EmbedPixels(images.Images, (int)shape[2], (int)shape[3]));
            return [.. model.Match(images, texts).SelectMany(logits => (float[])[logits.NoMatch, logits.Match]),
                .. model.EmbedTexts(texts).Concat(vectors).SelectMany(vector => vector)];
        }
    }

    [Fact]
    public void Features_of_a_model_without_a_task_keep_their_bits()
    {
        using var golden = new GoldenModel("tiny-wide", "model");
        var device = devices.Get("cpu");
        var texts = ModelGoldens.Texts(golden, "input_ids", "attention_mask");
        Assert.Equal(Run(Without), Run(PassSet.All));

        float[] Run(PassSet passes)
        {
            using var model = ContrastiveModel.Load(
                ModelSource.Resolve("synthetic:tiny-wide"), device, new ModelOptions { Passes = passes });
            var images = ModelGoldens.Encode(golden, model);
            golden.Stored("pixel_values", out var shape);
            var vectors = model.EmbedImages(images);
            Assert.Equal(vectors, model.EmbedPixels(images.Images, (int)shape[2], (int)shape[3]));
            return [.. vectors.Concat(model.TextFeatures(texts)).Concat(model.MultimodalFeatures(images, texts, [0, 1, 2, 0]))
                .SelectMany(vector => vector)];
        }
    }

    [Theory, InlineData(0, new[] { "self_attn", "self_attn.projection", "layer_norm2", "mlp.fc1", "mlp.fc2", "post_layernorm" }),
        InlineData(80, new[] { "self_attn.projection", "layer_norm2", "mlp.fc1", "mlp.fc2", "post_layernorm" })]
    public void The_image_encoders_last_block_computes_the_class_token_behind_its_keys_and_values(int architecture, string[] expected)
    {
        var config = SyntheticModels.Config("tiny-square");
        var side = config.Vision.ImageSize;
        var graph = new FirstTokens().Apply(new MatchingGraphs(config).ImageEmbedding(side, side), new KernelTarget(architecture));
        var last = VisionTower.Layer(config.Vision.Layers - 1).Path + '.';
        var one = graph.Nodes.Where(node => node is LinearNode or LayerNormNode or AttentionNode
            && node.Outputs.First().Shape is { Dims.Count: 3 } shape && shape[1].Size == 1);
        Assert.Equal(expected, one.Select(
            node => node.Name.Replace(last, "", StringComparison.Ordinal).Replace("vision_model.", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_is_shown_or_remembered_is_computed_whole()
    {
        var config = SyntheticModels.Config("tiny-square");
        var graphs = new MatchingGraphs(config);
        foreach (var graph in new[] { graphs.Match(RecordedOutputs.HiddenStates), graphs.TextEmbedding(RecordedOutputs.HiddenStates),
            new CaptioningGraphs(config).Step() })
            Assert.Equal(graph.Nodes, new FirstTokens().Apply(graph, default).Nodes);
        // Softmax weights that are shown have a row for every token.
        var shown = graphs.Match(RecordedOutputs.CrossAttentions);
        var seen = new FirstTokens().Apply(shown, default);
        Assert.All(shown.Outputs, output => Assert.Equal(output.Value, seen.Output(output.Key)));
        Assert.All(seen.Nodes.OfType<AttentionNode>().Where(node => node.Probabilities is not null),
            node => Assert.Equal("tokens", node.Output.Shape[1].Symbol));
    }
}
