using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipForImageTextRetrieval</c> on a device: whether a text fits an image (ITM), read word by word over the image, and unit vectors of
/// images and texts whose cosine says at once how close they are (ITC). Texts are token ids as the tokenizer gives them, [CLS] first.
/// </summary>
public sealed class MatchingModel : ImageTextModel
{
    private readonly MatchingGraphs graphs;
    private readonly PlanCache<TextSizes> match, imageEmbedding, textEmbedding;

    private MatchingModel(ModelParts parts, MatchingGraphs graphs)
        : base(parts, graphs)
    {
        this.graphs = graphs;
        (match, imageEmbedding, textEmbedding) = (PlansOf(graphs.Match()), PlansOf(graphs.ImageEmbedding()), PlansOf(graphs.TextEmbedding()));
    }

    /// <summary>Elements of a vector.</summary>
    public int EmbeddingWidth => Config.ImageTextHiddenSize;

    /// <summary>Loads a matching checkpoint.</summary>
    /// <param name="source">Config and tensors.</param>
    /// <param name="device">Where it is to run; it stays the caller's.</param>
    /// <param name="options">Precision and passes; null for the defaults.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or has another shape than the config asks for.</exception>
    public static MatchingModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(source, BlipHead.Retrieval, device, options, parts => new MatchingModel(parts, new MatchingGraphs(parts.Config)));

    /// <summary>Asks of pairs whether they match. A pair's answer is the one that it has alone.</summary>
    /// <param name="images">The images.</param>
    /// <param name="texts">Token ids of each text; lengths may differ.</param>
    /// <param name="imageOf">The image of each text; null where they have the same number, or all texts the one image.</param>
    /// <returns>An answer for each text.</returns>
    /// <exception cref="ArgumentException">A text cannot be read, an image is not there, or the images are another model's.</exception>
    public MatchLogits[] Match(ImageStates images, IReadOnlyList<int[]> texts, IReadOnlyList<int>? imageOf = null) =>
        [.. RunTexts(match, texts, images, imageOf).Select(row => new MatchLogits(row[0], row[1]))];

    /// <summary>Asks of every image and every text whether they match.</summary>
    /// <returns>For each image an answer for each text.</returns>
    /// <exception cref="ArgumentException">A text cannot be read, or the images are another model's.</exception>
    public MatchLogits[][] MatchAll(ImageStates images, IReadOnlyList<int[]> texts)
    {
        var pairs = Enumerable.Range(0, images.Images * texts.Count).ToList();
        return [.. Match(images, [.. pairs.Select(pair => texts[pair % texts.Count])], [.. pairs.Select(pair => pair / texts.Count)]).Chunk(texts.Count)];
    }

    /// <summary>The images' vectors, of length one.</summary>
    /// <exception cref="ArgumentException">The images are another model's.</exception>
    public float[][] EmbedImages(ImageStates images) => RunImages(imageEmbedding, images);

    /// <summary>The texts' vectors, of length one.</summary>
    /// <exception cref="ArgumentException">A text cannot be read.</exception>
    public float[][] EmbedTexts(IReadOnlyList<int[]> texts) => RunTexts(textEmbedding, texts);

    /// <summary>Plans the matching of pairs with what is watched; the caller runs it, reads the outputs and disposes it before the next call.</summary>
    internal Plan MatchPlan(Watch watch, ImageStates images, IReadOnlyList<int[]> texts, IReadOnlyList<int>? imageOf = null) =>
        PlanTexts(graphs.Match(watch), texts, images, imageOf);

    /// <summary>Plans the texts' vectors with what is watched; the caller runs it, reads the outputs and disposes it before the next call.</summary>
    internal Plan TextPlan(Watch watch, IReadOnlyList<int[]> texts) => PlanTexts(graphs.TextEmbedding(watch), texts, null, null);
}
