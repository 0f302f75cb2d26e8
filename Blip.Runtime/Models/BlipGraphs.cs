using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

internal abstract class BlipGraphs
{
    internal const string Pixels =
        "pixel_values", ImageEmbeddings = "image_embeds", Ids = "input_ids", Mask = "attention_mask", ImageRow = "image_row";

    internal static readonly Dim Images =
        Dim.Of("images"), ImageTokens = Dim.Of("image_tokens"), Rows = Dim.Of("rows"), Tokens = Dim.Of("tokens");

    private protected BlipGraphs(BlipConfig config, ModulePath imageReader) => (Config, ImageReader) = (config, imageReader);

    internal BlipConfig Config { get; }

    internal ModulePath ImageReader { get; }

    public static BlipGraphs For(BlipConfig config, BlipHead head) => !config.Fits(head)
        ? throw new CheckpointException(
            $"The {head.Name()} head needs towers of one width, and these have {config.Vision.HiddenSize} and {config.Text.HiddenSize}.")
        : head switch
        {
            BlipHead.Captioning => new CaptioningGraphs(config),
            BlipHead.Retrieval => new MatchingGraphs(config),
            BlipHead.VisualQuestionAnswering => new AnsweringGraphs(config),
            BlipHead.Model => new ContrastiveGraphs(config),
            BlipHead.VisualReasoning => new ReasoningGraphs(config),
            _ => throw new ArgumentOutOfRangeException(nameof(head), head, "There is no such head."),
        };

    /// <summary>All graphs in running order; the image encoder for images of the config's size.</summary>
    public IEnumerable<ComputeGraph> All() => [Vision(Config.Vision.ImageSize, Config.Vision.ImageSize), ImageKeysValues(), .. OfHead()];

    /// <summary>The image encoder: pixels <c>[images, 3, height, width]</c> → embeddings <c>[images, image_tokens, hidden]</c>.</summary>
    public ComputeGraph Vision(int height, int width) => Vision(height, width, RecordedOutputs.Nothing);

    /// <summary>The attentions that read an image, in layer order.</summary>
    internal virtual IReadOnlyList<ModulePath> ImageAttentions => field ??= [.. TextTower.CrossAttentions(Config.Text, ImageReader)];

    /// <summary>
    /// Image embeddings → keys and values <c>[images, image_tokens, 2·hidden]</c> for each of <see cref="ImageAttentions"/>.
    /// </summary>
    public ComputeGraph ImageKeysValues()
    {
        var g = new GraphBuilder("image-keys-values");
        var image = g.Input(ImageEmbeddings, new Shape(Images, ImageTokens, Config.Vision.HiddenSize));
        foreach (var (index, attention) in ImageAttentions.Index())
            g.Output(ImageName(index), TextTower.KeysValues(g, Config.Text, image, attention));
        return g.Build();
    }

    internal ComputeGraph Vision(int height, int width, RecordedOutputs watch)
    {
        var g = new GraphBuilder("vision");
        g.Output(ImageEmbeddings, ImageStates(g, height, width, watch));
        return g.Build();
    }

    /// <summary>Records the image encoder over the input <see cref="Pixels"/>: embeddings <c>[images, image_tokens, hidden]</c>.</summary>
    private protected Value ImageStates(GraphBuilder g, int height, int width, RecordedOutputs watch = RecordedOutputs.Nothing) =>
        VisionTower.Record(g, Config.Vision, g.Input(Pixels, new Shape(Images, 3, height, width)), watch);

    internal static string ImageName(int attention) => $"image.{attention}";

    private protected abstract IEnumerable<ComputeGraph> OfHead();

    /// <summary>
    /// Records a text encoder: ids and mask <c>[rows, tokens]</c> → states <c>[rows, tokens, hidden]</c>.
    /// <paramref name="secondImageRow"/> is for the second cross-attention of each layer, if any.
    /// </summary>
    private protected Value Encoder(
        GraphBuilder g, ModulePath tower, bool overImage, RecordedOutputs watch = RecordedOutputs.Nothing, Value? secondImageRow = null)
    {
        var attention = new AttentionInputs
        {
            Mask = g.Input(Mask, new Shape(Rows, Tokens), DType.Int32),
            Source = overImage ? SourceInputs(g, Config.Text, "image", ImageAttentions.Count) : null,
            SourceRow = overImage ? g.Input(ImageRow, new Shape(Rows), DType.Int32) : null,
            SecondSourceRow = secondImageRow,
        };
        return TextTower.Record(g, Config.Text, g.Input(Ids, new Shape(Rows, Tokens), DType.Int32), attention, tower, watch);
    }

    /// <summary>Inputs for the keys and values of each attention's source, <c>[sources, source tokens, 2·hidden]</c>.</summary>
    internal static List<Value> SourceInputs(GraphBuilder g, TextConfig text, string source, int attentions)
    {
        var shape = new Shape(Dim.Of($"{source}s"), Dim.Of($"{source}_tokens"), 2 * text.HiddenSize);
        return [.. Enumerable.Range(0, attentions).Select(attention => g.Input($"{source}.{attention}", shape))];
    }
}
