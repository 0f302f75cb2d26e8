using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// The graphs of <c>BlipForImageTextRetrieval</c>: whether a text fits an image (ITM), and unit vectors of both to compare at once (ITC);
/// BLIP (Li et al. 2022), section 3.2.
/// </summary>
/// <param name="config">The model's sizes.</param>
public sealed class MatchingGraphs(BlipConfig config) : BlipGraphs(config, TextEncoder)
{
    internal const string Logits = "itm_logits", Embedding = "embedding";

    private static ModulePath TextEncoder => new("text_encoder");

    /// <summary>A text over an image: ids <c>[rows, tokens]</c> → logits <c>[rows, 2]</c> of "does not fit" and "fits".</summary>
    public ComputeGraph Match() => Match(Watch.Nothing);

    /// <summary>The image's vector: embeddings <c>[images, image_tokens, hidden]</c> → <c>[images, dim]</c>, of length one.</summary>
    public ComputeGraph ImageEmbedding()
    {
        var g = new GraphBuilder("image-embedding");
        var image = g.Input(ImageEmbeddings, new Shape(Images, ImageTokens, Config.Vision.HiddenSize));
        g.Output(Embedding, Projected(g, image, new ModulePath("vision_proj")));
        return g.Build();
    }

    /// <summary>The text's vector, without an image: ids <c>[rows, tokens]</c> → <c>[rows, dim]</c>, of length one.</summary>
    public ComputeGraph TextEmbedding() => TextEmbedding(Watch.Nothing);

    internal ComputeGraph Match(Watch watch)
    {
        var g = new GraphBuilder("match");
        var states = Encoder(g, TextEncoder, overImage: true, watch);
        g.Output(Logits, g.Linear(g.SelectToken(states, null, TextEncoder / "first"), new ModulePath("itm_head"), 2));
        return g.Build();
    }

    internal ComputeGraph TextEmbedding(Watch watch)
    {
        var g = new GraphBuilder("text-embedding");
        g.Output(Embedding, Projected(g, Encoder(g, TextEncoder, overImage: false, watch), new ModulePath("text_proj")));
        return g.Build();
    }

    private protected override IEnumerable<ComputeGraph> OfHead() => [Match(), ImageEmbedding(), TextEmbedding()];

    private Value Projected(GraphBuilder g, Value states, ModulePath projection) =>
        g.L2Normalize(g.Linear(g.SelectToken(states, null, projection / "first"), projection, Config.ImageTextHiddenSize), projection / "normalized");
}
