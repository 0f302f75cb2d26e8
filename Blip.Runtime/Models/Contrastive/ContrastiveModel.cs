using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipModel</c> on a device: features of images, texts or both, and CLIP's comparison. Texts are token ids, [CLS] first.
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
        (imageFeatures, imageEmbedding) =
            (runner.PlansOf(graphs.Image(), ContrastiveGraphs.Features), runner.PlansOf(graphs.Image(), ContrastiveGraphs.Embedding));
        (textFeatures, textEmbedding) =
            (runner.PlansOf(graphs.Text(), ContrastiveGraphs.Features), runner.PlansOf(graphs.Text(), ContrastiveGraphs.Embedding));
        multimodal = runner.PlansOf(graphs.Multimodal(), ContrastiveGraphs.Features);
        pixelsEmbedding = Vision.PlansOf((height, width) => graphs.Image(height, width).Keeping(ContrastiveGraphs.Embedding));
        LogitScale = Math.Exp(context.ReadScalar(ScaleKey));
    }

    public int EmbeddingWidth => Config.ProjectionDim;

    /// <summary>The factor of cosines: exp of the checkpoint's <c>logit_scale</c>.</summary>
    public double LogitScale { get; }

    /// <summary>Loads a checkpoint of the model without a task.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape than the config's.</exception>
    public static ContrastiveModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(new ModelContext(source, BlipHead.Model, device, options),
            context => new ContrastiveModel(context, new ContrastiveGraphs(context.Config)));

    /// <summary>Projected features of the images (<c>get_image_features</c>).</summary>
    /// <exception cref="ArgumentException">The images belong to another model.</exception>
    public float[][] ImageFeatures(ImageStates images) => runner.RunImages(imageFeatures, images);

    /// <summary>The images' features at unit length.</summary>
    /// <exception cref="ArgumentException">The images belong to another model.</exception>
    public float[][] EmbedImages(ImageStates images) => runner.RunImages(imageEmbedding, images);

    /// <summary>Computes only the unit vectors of the images in the pixel buffer; same bits as <see cref="EmbedImages"/>.</summary>
    /// <inheritdoc cref="VisionEncoder.Encode"/>
    public float[][] EmbedPixels(int images, int height, int width) => Vision.Run(pixelsEmbedding, images, height, width);

    /// <summary>Projected features of the texts (<c>get_text_features</c>).</summary>
    /// <exception cref="ArgumentException">A text is invalid.</exception>
    public float[][] TextFeatures(IReadOnlyList<int[]> texts) => runner.RunTexts(textFeatures, texts);

    /// <summary>The texts' features at unit length.</summary>
    /// <exception cref="ArgumentException">A text is invalid.</exception>
    public float[][] EmbedTexts(IReadOnlyList<int[]> texts) => runner.RunTexts(textEmbedding, texts);

    /// <summary>Features of texts read over their images (<c>get_multimodal_features</c>).</summary>
    /// <param name="images">The images.</param>
    /// <param name="texts">Token ids of each text; lengths may differ.</param>
    /// <param name="imageOf">The image of each text; null if the counts agree or there is one image.</param>
    /// <exception cref="ArgumentException">A text is invalid, an image does not exist, or the images belong to another model.</exception>
    public float[][] MultimodalFeatures(ImageStates images, IReadOnlyList<int[]> texts, IReadOnlyList<int>? imageOf = null) =>
        runner.RunTexts(multimodal, texts, images, imageOf);

    /// <summary>Compares every image with every text.</summary>
    /// <exception cref="ArgumentException">A text is invalid, or the images belong to another model.</exception>
    public ContrastiveOutput Compare(ImageStates images, IReadOnlyList<int[]> texts) =>
        new(EmbedImages(images), EmbedTexts(texts), LogitScale);

    /// <summary>Plans the texts' features with recorded outputs; the caller runs, reads and disposes it before the next call.</summary>
    internal Plan TextPlan(RecordedOutputs watch, IReadOnlyList<int[]> texts) =>
        runner.PlanTexts(graphs.Text(overImage: false, watch), texts, null, null);
}

/// <summary>CLIP's comparison of the unit vectors of images and texts.</summary>
internal sealed class ContrastiveOutput(float[][] imageEmbeddings, float[][] textEmbeddings, double scale)
{
    /// <summary><c>[images, dim]</c>.</summary>
    public IReadOnlyList<float[]> ImageEmbeddings { get; } = imageEmbeddings;

    /// <summary><c>[texts, dim]</c>.</summary>
    public IReadOnlyList<float[]> TextEmbeddings { get; } = textEmbeddings;

    /// <summary>Scaled cosines <c>[images, texts]</c>.</summary>
    public float[][] LogitsPerImage { get; } = Similarity.Products(imageEmbeddings, textEmbeddings, scale);

    /// <summary>Scaled cosines <c>[texts, images]</c>.</summary>
    public float[][] LogitsPerText { get; } = Similarity.Products(textEmbeddings, imageEmbeddings, scale);

    /// <summary>The contrastive loss, where image i belongs to text i.</summary>
    /// <exception cref="InvalidOperationException">The numbers of images and texts differ.</exception>
    public double Loss() => LogitsPerImage.Length == LogitsPerText.Length
        ? Similarity.ContrastiveLoss(LogitsPerText)
        : throw new InvalidOperationException(
            $"The loss is about pairs, and these are {LogitsPerImage.Length} images and {LogitsPerText.Length} texts.");
}
