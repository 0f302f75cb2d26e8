using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipModel</c> on a device: features of images, texts and both together, and the comparison of CLIP. Texts are token ids as the
/// tokenizer gives them, [CLS] first.
/// </summary>
internal sealed class ContrastiveModel : BlipModel
{
    private const string ScaleKey = "logit_scale";

    private readonly ContrastiveGraphs graphs;
    private readonly PlanCache<TextSizes> imageFeatures, imageEmbedding, textFeatures, textEmbedding, multimodal;
    private readonly PlanCache<(int Images, int Height, int Width)> pixelsEmbedding;

    private readonly TextRunner runner;

    private ContrastiveModel(ModelContext context, ContrastiveGraphs graphs)
        : base(context, graphs)
    {
        this.graphs = graphs;
        runner = new TextRunner(context, Vision);
        (imageFeatures, imageEmbedding) = (runner.PlansOf(graphs.Image(), ContrastiveGraphs.Features), runner.PlansOf(graphs.Image(), ContrastiveGraphs.Embedding));
        (textFeatures, textEmbedding) = (runner.PlansOf(graphs.Text(), ContrastiveGraphs.Features), runner.PlansOf(graphs.Text(), ContrastiveGraphs.Embedding));
        multimodal = runner.PlansOf(graphs.Multimodal(), ContrastiveGraphs.Features);
        pixelsEmbedding = Vision.PlansOf((height, width) => graphs.Image(height, width).Keeping(ContrastiveGraphs.Embedding));
        LogitScale = Math.Exp(context.ReadScalar(ScaleKey));
    }

    /// <summary>Elements of a vector.</summary>
    public int EmbeddingWidth => Config.ProjectionDim;

    /// <summary>The factor of cosines: the exponential of the checkpoint's <c>logit_scale</c>.</summary>
    public double LogitScale { get; }

    /// <summary>Loads a checkpoint of the model without a task.</summary>
    /// <param name="source">Config and tensors.</param>
    /// <param name="device">Where it is to run; it stays the caller's.</param>
    /// <param name="options">Precision and passes; null for the defaults.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or has another shape than the config asks for.</exception>
    public static ContrastiveModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(new ModelContext(source, BlipHead.Model, device, options), context => new ContrastiveModel(context, new ContrastiveGraphs(context.Config)));

    /// <summary>The images' features, as projected (<c>get_image_features</c>).</summary>
    /// <exception cref="ArgumentException">The images are another model's.</exception>
    public float[][] ImageFeatures(ImageStates images) => runner.RunImages(imageFeatures, images);

    /// <summary>The images' vectors: their features, of length one.</summary>
    /// <exception cref="ArgumentException">The images are another model's.</exception>
    public float[][] EmbedImages(ImageStates images) => runner.RunImages(imageEmbedding, images);

    /// <summary>The vectors of the images in the pixel buffer, of which nothing else is computed: the bits of <see cref="EmbedImages"/>.</summary>
    /// <inheritdoc cref="VisionEncoder.Encode"/>
    public float[][] EmbedPixels(int images, int height, int width) => Vision.Run(pixelsEmbedding, images, height, width);

    /// <summary>The texts' features, as projected (<c>get_text_features</c>).</summary>
    /// <exception cref="ArgumentException">A text cannot be read.</exception>
    public float[][] TextFeatures(IReadOnlyList<int[]> texts) => runner.RunTexts(textFeatures, texts);

    /// <summary>The texts' vectors: their features, of length one.</summary>
    /// <exception cref="ArgumentException">A text cannot be read.</exception>
    public float[][] EmbedTexts(IReadOnlyList<int[]> texts) => runner.RunTexts(textEmbedding, texts);

    /// <summary>Features of texts that are read over their images (<c>get_multimodal_features</c>).</summary>
    /// <param name="images">The images.</param>
    /// <param name="texts">Token ids of each text; lengths may differ.</param>
    /// <param name="imageOf">The image of each text; null where they have the same number, or all texts the one image.</param>
    /// <exception cref="ArgumentException">A text cannot be read, an image is not there, or the images are another model's.</exception>
    public float[][] MultimodalFeatures(ImageStates images, IReadOnlyList<int[]> texts, IReadOnlyList<int>? imageOf = null) =>
        runner.RunTexts(multimodal, texts, images, imageOf);

    /// <summary>Compares every image with every text.</summary>
    /// <exception cref="ArgumentException">A text cannot be read, or the images are another model's.</exception>
    public ContrastiveOutput Compare(ImageStates images, IReadOnlyList<int[]> texts) => new(EmbedImages(images), EmbedTexts(texts), LogitScale);

    /// <summary>Plans the texts' features with recorded outputs; the caller runs it, reads the outputs and disposes it before the next call.</summary>
    internal Plan TextPlan(RecordedOutputs watch, IReadOnlyList<int[]> texts) => runner.PlanTexts(graphs.Text(overImage: false, watch), texts, null, null);
}

/// <summary>Images and texts compared as CLIP does.</summary>
/// <param name="imageEmbeddings">The images' vectors, of length one.</param>
/// <param name="textEmbeddings">The texts' vectors, of length one.</param>
/// <param name="scale">The factor of cosines.</param>
internal sealed class ContrastiveOutput(float[][] imageEmbeddings, float[][] textEmbeddings, double scale)
{
    /// <summary>The images' vectors <c>[images, dim]</c>.</summary>
    public IReadOnlyList<float[]> ImageEmbeddings { get; } = imageEmbeddings;

    /// <summary>The texts' vectors <c>[texts, dim]</c>.</summary>
    public IReadOnlyList<float[]> TextEmbeddings { get; } = textEmbeddings;

    /// <summary>Scaled cosines <c>[images, texts]</c>.</summary>
    public float[][] LogitsPerImage { get; } = Similarity.Products(imageEmbeddings, textEmbeddings, scale);

    /// <summary>The same <c>[texts, images]</c>.</summary>
    public float[][] LogitsPerText { get; } = Similarity.Products(textEmbeddings, imageEmbeddings, scale);

    /// <summary>The contrastive loss of as many images as texts, each belonging to the other of its number.</summary>
    /// <exception cref="InvalidOperationException">There are not as many of one as of the other.</exception>
    public double Loss() => LogitsPerImage.Length == LogitsPerText.Length
        ? Similarity.ContrastiveLoss(LogitsPerText)
        : throw new InvalidOperationException($"The loss is about pairs, and these are {LogitsPerImage.Length} images and {LogitsPerText.Length} texts.");
}
