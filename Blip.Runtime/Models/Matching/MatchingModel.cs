using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipForImageTextRetrieval</c> on a device: whether a text fits an image (ITM), read word by word over the image, and unit vectors of
/// images and texts whose cosine says at once how close they are (ITC). Texts are token ids as the tokenizer gives them, [CLS] first.
/// </summary>
internal sealed class MatchingModel : BlipModel
{
    private readonly MatchingGraphs graphs;
    private readonly PlanCache<TextSizes> match, imageEmbedding, textEmbedding;
    private readonly PlanCache<(int Images, int Height, int Width)> pixelsEmbedding;
    private readonly Lazy<PlanCache<TextSizes>> imageProjection;

    private readonly TextRunner runner;

    private MatchingModel(ModelContext context, MatchingGraphs graphs)
        : base(context, graphs)
    {
        this.graphs = graphs;
        runner = new TextRunner(context, Vision);
        imageProjection = new(() => runner.PlansOf(graphs.ImageProjection()));
        (match, imageEmbedding, textEmbedding) = (runner.PlansOf(graphs.Match()), runner.PlansOf(graphs.ImageEmbedding()), runner.PlansOf(graphs.TextEmbedding()));
        pixelsEmbedding = Vision.PlansOf(graphs.ImageEmbedding);
    }

    /// <summary>Elements of a vector.</summary>
    public int EmbeddingWidth => Config.ImageTextHiddenSize;

    /// <summary>Loads a matching checkpoint.</summary>
    /// <param name="source">Config and tensors.</param>
    /// <param name="device">Where it is to run; it stays the caller's.</param>
    /// <param name="options">Precision and passes; null for the defaults.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or has another shape than the config asks for.</exception>
    public static MatchingModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(new ModelContext(source, BlipHead.Retrieval, device, options), context => new MatchingModel(context, new MatchingGraphs(context.Config)));

    /// <summary>Asks of pairs whether they match. A pair's answer is the one that it has alone.</summary>
    /// <param name="images">The images.</param>
    /// <param name="texts">Token ids of each text; lengths may differ.</param>
    /// <param name="imageOf">The image of each text; null where they have the same number, or all texts the one image.</param>
    /// <returns>An answer for each text.</returns>
    /// <exception cref="ArgumentException">A text cannot be read, an image is not there, or the images are another model's.</exception>
    public MatchLogits[] Match(ImageStates images, IReadOnlyList<int[]> texts, IReadOnlyList<int>? imageOf = null) =>
        [.. runner.RunTexts(match, texts, images, imageOf).Select(row => new MatchLogits(row[0], row[1]))];

    /// <summary>The images' vectors, of length one.</summary>
    /// <exception cref="ArgumentException">The images are another model's.</exception>
    public float[][] EmbedImages(ImageStates images) => runner.RunImages(imageEmbedding, images);

    /// <summary>The vectors of the images in the pixel buffer, of which nothing else is computed: the bits of <see cref="EmbedImages"/>.</summary>
    /// <inheritdoc cref="VisionEncoder.Encode"/>
    public float[][] EmbedPixels(int images, int height, int width) => Vision.Run(pixelsEmbedding, images, height, width);

    /// <summary>The images' vectors before they get the length one.</summary>
    /// <exception cref="ArgumentException">The images are another model's.</exception>
    public float[][] ProjectImages(ImageStates images) => runner.RunImages(imageProjection.Value, images);

    /// <summary>The texts' vectors, of length one.</summary>
    /// <exception cref="ArgumentException">A text cannot be read.</exception>
    public float[][] EmbedTexts(IReadOnlyList<int[]> texts) => runner.RunTexts(textEmbedding, texts);

    /// <summary>The layer whose weights Grad-CAM takes where none is named: the one behind the middle, as LAVIS does (<c>block_num</c> 6 of 12).</summary>
    public int GradCamLayer => Config.Text.Layers / 2;

    /// <summary>Where in an image each token of a text looked, while the matching head's encoder read it.</summary>
    /// <param name="images">The images.</param>
    /// <param name="text">Token ids of the text.</param>
    /// <param name="image">Which of the images.</param>
    /// <param name="method">
    /// How it is found. <see cref="AttentionMethod.Rollout"/> ends at the image encoder's output; <see cref="VisionEncoder.Rollout"/> goes on
    /// from there.
    /// </param>
    /// <param name="layer">With <see cref="AttentionMethod.GradCam"/>, the layer, from 0; null for <see cref="GradCamLayer"/>.</param>
    /// <exception cref="ArgumentException">The text cannot be read, the image or the layer is not there, or the images are another model's.</exception>
    public CrossAttention Attention(
        ImageStates images, int[] text, int image = 0, AttentionMethod method = AttentionMethod.CrossAttention, int? layer = null)
    {
        if (method == AttentionMethod.GradCam)
            return GradCam(images, text, image, layer ?? GradCamLayer);
        var (watch, outputs) = TextTower.Seen(Config.Text, graphs.ImageReader, method);
        using var plan = runner.PlanTexts(graphs.Match(watch).Keeping(outputs), [text], images, [image]);
        plan.Run();
        return TextTower.ReadSeen(plan, Config.Text, graphs.ImageReader, method, text.Length, images.Tokens);
    }

    // LAVIS, compute_gradcam: weights · positive gradient of the second logit, mean of the heads.
    private CrossAttention GradCam(ImageStates images, int[] text, int image, int layer)
    {
        if ((uint)layer >= (uint)Config.Text.Layers)
            throw new ArgumentException($"There is no layer {layer}; the text encoder has layers 0 to {Config.Text.Layers - 1}.", nameof(layer));
        using var plan = runner.PlanTexts(graphs.GradCam(layer), [text], images, [image]);
        plan.BindOwned(plan.Graph.Input(MatchingGraphs.LogitsGradient), [0f, 1f]);
        plan.Run();
        var (weights, gradients) = (plan.ReadOutput(TextTower.CrossAttentionName(graphs.ImageReader, layer)), plan.ReadOutput(MatchingGraphs.WeightsGradient));
        var map = new float[text.Length * images.Tokens];
        for (var i = 0; i < map.Length; i++)
        {
            var sum = 0.0;
            for (var at = i; at < weights.Length; at += map.Length)
                sum += (double)weights[at] * Math.Max(gradients[at], 0f);
            map[i] = (float)(sum / Config.Text.Heads);
        }
        return new CrossAttention(1, 1, text.Length, images.Tokens, map);
    }

    /// <summary>Plans the matching of pairs with recorded outputs; the caller runs it, reads the outputs and disposes it before the next call.</summary>
    internal Plan MatchPlan(RecordedOutputs watch, ImageStates images, IReadOnlyList<int[]> texts, IReadOnlyList<int>? imageOf = null) =>
        runner.PlanTexts(graphs.Match(watch), texts, images, imageOf);

    /// <summary>Plans the texts' vectors with recorded outputs; the caller runs it, reads the outputs and disposes it before the next call.</summary>
    internal Plan TextPlan(RecordedOutputs watch, IReadOnlyList<int[]> texts) => runner.PlanTexts(graphs.TextEmbedding(watch), texts, null, null);
}

/// <summary>The matching head's result for a text and an image.</summary>
/// <param name="NoMatch">The logit of "the text does not fit".</param>
/// <param name="Match">The logit of "the text fits".</param>
internal readonly record struct MatchLogits(float NoMatch, float Match)
{
    /// <summary>How likely the text fits the image, 0 to 1: the softmax of the two.</summary>
    public double Probability => 1 / (1 + Math.Exp((double)NoMatch - Match));
}
