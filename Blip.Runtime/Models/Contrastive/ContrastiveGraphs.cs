using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// The graphs of <c>BlipModel</c>, Hugging Face's BLIP without a task: pooled towers projected to one space and compared as in CLIP
/// (Radford et al. 2021, figure 3).
/// </summary>
internal sealed class ContrastiveGraphs(BlipConfig config) : BlipGraphs(config, TextModel)
{
    internal const string Features = "features", Embedding = "embedding", Pooled = "pooler_output";

    private static ModulePath TextModel => new("text_model");

    /// <summary>Image embeddings <c>[images, image_tokens, hidden]</c> → features <c>[images, dim]</c>, and these at unit length.</summary>
    public ComputeGraph Image()
    {
        var g = new GraphBuilder("image-features");
        var image = g.Input(ImageEmbeddings, new Shape(Images, ImageTokens, Config.Vision.HiddenSize));
        Project(g, VisionTower.Pooled(g, Config.Vision, image), new ModulePath("visual_projection"));
        return g.Build();
    }

    /// <summary>The same from pixels <c>[images, 3, height, width]</c>.</summary>
    public ComputeGraph Image(int height, int width)
    {
        var g = new GraphBuilder("pixels-features");
        Project(g, VisionTower.Pooled(g, Config.Vision, ImageStates(g, height, width)), new ModulePath("visual_projection"));
        return g.Build();
    }

    /// <summary>A text alone: ids <c>[rows, tokens]</c> → features <c>[rows, dim]</c>, and these at unit length.</summary>
    public ComputeGraph Text() => Text(overImage: false, RecordedOutputs.Nothing);

    /// <summary>A text over an image: ids <c>[rows, tokens]</c> → features <c>[rows, dim]</c>, and these at unit length.</summary>
    public ComputeGraph Multimodal() => Text(overImage: true, RecordedOutputs.Nothing);

    internal ComputeGraph Text(bool overImage, RecordedOutputs watch)
    {
        var g = new GraphBuilder(overImage ? "multimodal-features" : "text-features");
        var states = Encoder(g, TextModel, overImage, watch);
        var pooler = TextModel / "pooler";
        var pooled = g.Linear(g.SelectToken(states, null, pooler / "first"), pooler / "dense", Config.Text.HiddenSize);
        pooled = g.Activate(pooled, pooler / "activation", Kernels.Activation.Tanh);
        if (watch.HasFlag(RecordedOutputs.HiddenStates))
            g.Output(Pooled, pooled);
        Project(g, pooled, new ModulePath("text_projection"));
        return g.Build();
    }

    private protected override IEnumerable<ComputeGraph> OfHead() =>
        [Image(), Image(Config.Vision.ImageSize, Config.Vision.ImageSize), Text(), Multimodal()];

    private void Project(GraphBuilder g, Value pooled, ModulePath projection)
    {
        var features = g.Linear(
            pooled, projection, new Matrix([(projection / "weight").Path], Config.ProjectionDim, pooled.Shape.Width), null);
        g.Output(Features, features);
        g.Output(Embedding, g.L2Normalize(features, projection / "normalized"));
    }
}
