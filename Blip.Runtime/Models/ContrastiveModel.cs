using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipModel</c> on a device: features of images, texts and both together, and the comparison of CLIP. Texts are token ids as the
/// tokenizer gives them, [CLS] first.
/// </summary>
internal sealed class ContrastiveModel : ImageTextModel
{
    private const string ScaleKey = "logit_scale";

    private readonly ContrastiveGraphs graphs;
    private readonly PlanCache<TextSizes> imageFeatures, imageEmbedding, textFeatures, textEmbedding, multimodal;

    private ContrastiveModel(ModelParts parts, ContrastiveGraphs graphs)
        : base(parts, graphs)
    {
        this.graphs = graphs;
        (imageFeatures, imageEmbedding) = (PlansOf(graphs.Image(), ContrastiveGraphs.Features), PlansOf(graphs.Image(), ContrastiveGraphs.Embedding));
        (textFeatures, textEmbedding) = (PlansOf(graphs.Text(), ContrastiveGraphs.Features), PlansOf(graphs.Text(), ContrastiveGraphs.Embedding));
        multimodal = PlansOf(graphs.Multimodal(), ContrastiveGraphs.Features);
        var scale = new float[1];
        parts.Tensors.Read(ScaleKey, 0, scale);
        LogitScale = Math.Exp(scale[0]);
    }

    /// <summary>Elements of a vector.</summary>
    public int EmbeddingWidth => Config.ProjectionDim;

    /// <summary>What cosines are multiplied with: the exponential of the checkpoint's <c>logit_scale</c>.</summary>
    public double LogitScale { get; }

    /// <summary>Loads a checkpoint of the model without a task.</summary>
    /// <param name="source">Config and tensors.</param>
    /// <param name="device">Where it is to run; it stays the caller's.</param>
    /// <param name="options">Precision and passes; null for the defaults.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or has another shape than the config asks for.</exception>
    public static ContrastiveModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(source, BlipHead.Model, device, options, parts => new ContrastiveModel(parts, new ContrastiveGraphs(parts.Config)));

    /// <summary>The images' features, as projected (<c>get_image_features</c>).</summary>
    /// <exception cref="ArgumentException">The images are another model's.</exception>
    public float[][] ImageFeatures(ImageStates images) => RunImages(imageFeatures, images);

    /// <summary>The images' vectors: their features, of length one.</summary>
    /// <exception cref="ArgumentException">The images are another model's.</exception>
    public float[][] EmbedImages(ImageStates images) => RunImages(imageEmbedding, images);

    /// <summary>The texts' features, as projected (<c>get_text_features</c>).</summary>
    /// <exception cref="ArgumentException">A text cannot be read.</exception>
    public float[][] TextFeatures(IReadOnlyList<int[]> texts) => RunTexts(textFeatures, texts);

    /// <summary>The texts' vectors: their features, of length one.</summary>
    /// <exception cref="ArgumentException">A text cannot be read.</exception>
    public float[][] EmbedTexts(IReadOnlyList<int[]> texts) => RunTexts(textEmbedding, texts);

    /// <summary>Features of texts that are read over their images (<c>get_multimodal_features</c>).</summary>
    /// <param name="images">The images.</param>
    /// <param name="texts">Token ids of each text; lengths may differ.</param>
    /// <param name="imageOf">The image of each text; null where they have the same number, or all texts the one image.</param>
    /// <exception cref="ArgumentException">A text cannot be read, an image is not there, or the images are another model's.</exception>
    public float[][] MultimodalFeatures(ImageStates images, IReadOnlyList<int[]> texts, IReadOnlyList<int>? imageOf = null) =>
        RunTexts(multimodal, texts, images, imageOf);

    /// <summary>Compares every image with every text.</summary>
    /// <exception cref="ArgumentException">A text cannot be read, or the images are another model's.</exception>
    public ContrastiveOutput Compare(ImageStates images, IReadOnlyList<int[]> texts) => new(EmbedImages(images), EmbedTexts(texts), LogitScale);

    /// <summary>Plans the texts' features with what is watched; the caller runs it, reads the outputs and disposes it before the next call.</summary>
    internal Plan TextPlan(RecordedOutputs watch, IReadOnlyList<int[]> texts) => PlanTexts(graphs.Text(overImage: false, watch), texts, null, null);
}
