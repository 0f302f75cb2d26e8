using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// The graphs of <c>BlipForImageTextRetrieval</c>: image-text matching (ITM), and unit vectors for comparison (ITC); BLIP (Li et al.
/// 2022), section 3.2.
/// </summary>
internal sealed class MatchingGraphs(BlipConfig config) : BlipGraphs(config, TextEncoder)
{
    internal const string Logits = "itm_logits", Embedding = "embedding", Projection = "projection", LogitsGradient = "itm_logits.gradient",
        WeightsGradient = "weights.gradient";

    private static ModulePath TextEncoder => new("text_encoder");

    /// <summary>A text over an image: ids <c>[rows, tokens]</c> → logits <c>[rows, 2]</c> of "does not fit" and "fits".</summary>
    public ComputeGraph Match() => Match(RecordedOutputs.Nothing);

    /// <summary>Image embeddings <c>[images, image_tokens, hidden]</c> → unit vectors <c>[images, dim]</c>.</summary>
    public ComputeGraph ImageEmbedding()
    {
        var g = new GraphBuilder("image-embedding");
        var image = g.Input(ImageEmbeddings, new Shape(Images, ImageTokens, Config.Vision.HiddenSize));
        g.Output(Embedding, Projected(g, image, new ModulePath("vision_proj")));
        return g.Build();
    }

    /// <summary>The same from pixels <c>[images, 3, height, width]</c>.</summary>
    public ComputeGraph ImageEmbedding(int height, int width)
    {
        var g = new GraphBuilder("pixels-embedding");
        g.Output(Embedding, Projected(g, ImageStates(g, height, width), new ModulePath("vision_proj")));
        return g.Build();
    }

    /// <summary>The image's vector before normalisation; a clip takes the mean of its frames' projections.</summary>
    public ComputeGraph ImageProjection()
    {
        var g = new GraphBuilder("image-projection");
        var image = g.Input(ImageEmbeddings, new Shape(Images, ImageTokens, Config.Vision.HiddenSize));
        g.Output(Projection, FirstProjected(g, image, new ModulePath("vision_proj")));
        return g.Build();
    }

    /// <summary>A text without an image: ids <c>[rows, tokens]</c> → unit vectors <c>[rows, dim]</c>.</summary>
    public ComputeGraph TextEmbedding() => TextEmbedding(RecordedOutputs.Nothing);

    internal ComputeGraph Match(RecordedOutputs watch)
    {
        var g = new GraphBuilder("match");
        g.Output(Logits, MatchLogits(g, watch));
        return g.Build();
    }

    /// <summary>
    /// A layer's softmax weights over the image <c>[rows, heads, tokens, image_tokens]</c>, and their gradient, given
    /// <see cref="LogitsGradient"/> at the logits.
    /// </summary>
    internal ComputeGraph GradCam(int layer)
    {
        var g = new GraphBuilder("grad-cam");
        var logits = MatchLogits(g, RecordedOutputs.Attentions | RecordedOutputs.CrossAttentions);
        var weights = g.Build().Output(TextTower.CrossAttentionName(TextEncoder, layer));
        g.Output(WeightsGradient, g.Gradients(logits, g.Input(LogitsGradient, logits.Shape), [weights])[0]);
        return g.Build().Keeping(weights.Name, WeightsGradient);
    }

    internal ComputeGraph TextEmbedding(RecordedOutputs watch)
    {
        var g = new GraphBuilder("text-embedding");
        g.Output(Embedding, Projected(g, Encoder(g, TextEncoder, overImage: false, watch), new ModulePath("text_proj")));
        return g.Build();
    }

    private protected override IEnumerable<ComputeGraph> OfHead() =>
        [Match(), ImageEmbedding(), ImageEmbedding(Config.Vision.ImageSize, Config.Vision.ImageSize), TextEmbedding()];

    private Value MatchLogits(GraphBuilder g, RecordedOutputs watch) =>
        g.Linear(g.SelectToken(Encoder(g, TextEncoder, overImage: true, watch), null, TextEncoder / "first"), new ModulePath("itm_head"),
            2);

    private Value Projected(GraphBuilder g, Value states, ModulePath projection) =>
        g.L2Normalize(FirstProjected(g, states, projection), projection / "normalized");

    private Value FirstProjected(GraphBuilder g, Value states, ModulePath projection) =>
        g.Linear(g.SelectToken(states, null, projection / "first"), projection, Config.ImageTextHiddenSize);
}
