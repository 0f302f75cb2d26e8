using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipForImageTextRetrieval</c> on a device. ITM reads a text over the image and tells whether it fits. ITC compares unit vectors of
/// images and texts by cosine. Texts are token ids, [CLS] first.
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
        (match, imageEmbedding, textEmbedding) =
            (runner.PlansOf(graphs.Match()), runner.PlansOf(graphs.ImageEmbedding()), runner.PlansOf(graphs.TextEmbedding()));
        pixelsEmbedding = Vision.PlansOf(graphs.ImageEmbedding);
    }

    public int EmbeddingWidth => Config.ImageTextHiddenSize;

    /// <summary>Loads a matching checkpoint.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape than the config's.</exception>
    public static MatchingModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(new ModelContext(source, BlipHead.Retrieval, device, options),
            context => new MatchingModel(context, new MatchingGraphs(context.Config)));

    /// <summary>Matches pairs. A pair's result does not depend on the others.</summary>
    /// <param name="images">The images.</param>
    /// <param name="texts">Token ids of each text; lengths may differ.</param>
    /// <param name="imageOf">The image of each text; null if the counts agree or there is one image.</param>
    /// <returns>One result per text.</returns>
    /// <exception cref="ArgumentException">A text is invalid, an image does not exist, or the images belong to another model.</exception>
    public MatchLogits[] Match(ImageStates images, IReadOnlyList<int[]> texts, IReadOnlyList<int>? imageOf = null) =>
        [.. runner.RunTexts(match, texts, images, imageOf).Select(row => new MatchLogits(row[0], row[1]))];

    /// <summary>The images' unit vectors.</summary>
    /// <exception cref="ArgumentException">The images belong to another model.</exception>
    public float[][] EmbedImages(ImageStates images) => runner.RunImages(imageEmbedding, images);

    /// <summary>Computes only the unit vectors of the images in the pixel buffer; same bits as <see cref="EmbedImages"/>.</summary>
    /// <inheritdoc cref="VisionEncoder.Encode"/>
    public float[][] EmbedPixels(int images, int height, int width) => Vision.Run(pixelsEmbedding, images, height, width);

    /// <summary>The images' vectors before normalisation.</summary>
    /// <exception cref="ArgumentException">The images belong to another model.</exception>
    public float[][] ProjectImages(ImageStates images) => runner.RunImages(imageProjection.Value, images);

    /// <summary>The texts' unit vectors.</summary>
    /// <exception cref="ArgumentException">A text is invalid.</exception>
    public float[][] EmbedTexts(IReadOnlyList<int[]> texts) => runner.RunTexts(textEmbedding, texts);

    /// <summary>Grad-CAM's default layer: the one after the middle, as in LAVIS (<c>block_num</c> 6 of 12).</summary>
    public int GradCamLayer => Config.Text.Layers / 2;

    /// <summary>
    /// Where in an image the matching encoder looked for each token of a text. <see cref="AttentionMethod.Rollout"/> ends at the image
    /// encoder's output; <see cref="VisionEncoder.Rollout"/> continues from there. <see cref="AttentionMethod.GradCam"/> takes a layer,
    /// from 0, by default <see cref="GradCamLayer"/>.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The text is invalid, the image or layer does not exist, or the images belong to another model.
    /// </exception>
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

    // LAVIS, compute_gradcam: weights · positive gradient of the second logit, mean over heads.
    private CrossAttention GradCam(ImageStates images, int[] text, int image, int layer)
    {
        if ((uint)layer >= (uint)Config.Text.Layers)
            throw new ArgumentException(
                $"There is no layer {layer}; the text encoder has layers 0 to {Config.Text.Layers - 1}.", nameof(layer));
        using var plan = runner.PlanTexts(graphs.GradCam(layer), [text], images, [image]);
        plan.BindOwned(plan.Graph.Input(MatchingGraphs.LogitsGradient), [0f, 1f]);
        plan.Run();
        var (weights, gradients) =
            (plan.ReadOutput(TextTower.CrossAttentionName(graphs.ImageReader, layer)), plan.ReadOutput(MatchingGraphs.WeightsGradient));
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

    /// <summary>Plans the matching of pairs with recorded outputs; the caller runs, reads and disposes it before the next call.</summary>
    internal Plan MatchPlan(RecordedOutputs watch, ImageStates images, IReadOnlyList<int[]> texts, IReadOnlyList<int>? imageOf = null) =>
        runner.PlanTexts(graphs.Match(watch), texts, images, imageOf);

    /// <summary>Plans the texts' vectors with recorded outputs; the caller runs, reads and disposes it before the next call.</summary>
    internal Plan TextPlan(RecordedOutputs watch, IReadOnlyList<int[]> texts) =>
        runner.PlanTexts(graphs.TextEmbedding(watch), texts, null, null);
}

/// <summary>The logits of "the text does not fit" and "the text fits" for a text and an image.</summary>
internal readonly record struct MatchLogits(float NoMatch, float Match)
{
    /// <summary>The probability that the text fits: the softmax of the two.</summary>
    public double Probability => 1 / (1 + Math.Exp((double)NoMatch - Match));
}
