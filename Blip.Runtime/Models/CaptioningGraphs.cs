using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// The graphs of <c>BlipForConditionalGeneration</c>: the image once, its keys and values for every layer once,
/// and the decoder for a prompt, for one more word, and for a whole caption at a time.
/// </summary>
/// <param name="config">The model's sizes.</param>
/// <param name="outputMatrix">Key of the head's matrix; null where it is tied to the word embeddings.</param>
public sealed class CaptioningGraphs(BlipConfig config, string? outputMatrix = null)
{
    internal const string Pixels = "pixel_values", ImageEmbeddings = "image_embeds", Ids = "input_ids", Mask = "attention_mask", Logits = "logits";
    internal const string Start = "start", PromptLengths = "prompt_lengths", CacheRow = "cache_row", WriteRow = "write_row", ImageRow = "image_row";

    private static readonly ModulePath Decoder = new("text_decoder"), Bert = Decoder / "bert";
    private static readonly Dim Images = Dim.Of("images"), ImageTokens = Dim.Of("image_tokens");
    private static readonly Dim Rows = Dim.Of("rows"), Tokens = Dim.Of("tokens"), CacheRows = Dim.Of("cache_rows"), Capacity = Dim.Of("capacity");

    /// <summary>The image encoder: pixels <c>[images, 3, height, width]</c> → embeddings <c>[images, image_tokens, hidden]</c>.</summary>
    public ComputeGraph Vision(int height, int width) => Vision(height, width, Watch.Nothing);

    /// <summary>What cross-attention reads, per layer: embeddings → keys and values <c>[images, image_tokens, 2·hidden]</c>.</summary>
    public ComputeGraph ImageKeysValues()
    {
        var g = new GraphBuilder("image-keys-values");
        var image = g.Input(ImageEmbeddings, new Shape(Images, ImageTokens, config.Vision.HiddenSize));
        for (var layer = 0; layer < config.Text.Layers; layer++)
            g.Output(ImageName(layer), TextTower.ImageKeysValues(g, config.Text, image, Bert, layer));
        return g.Build();
    }

    /// <summary>The decoder over a prompt: ids <c>[rows, tokens]</c> → logits of each row's last word <c>[rows, vocabulary]</c>; fills the caches.</summary>
    public ComputeGraph Prompt() => WithCache("prompt", prompt: true);

    /// <summary>The decoder over one more word of each row → logits <c>[rows, vocabulary]</c>; extends the caches.</summary>
    public ComputeGraph Step() => WithCache("step", prompt: false);

    internal ComputeGraph Vision(int height, int width, Watch watch)
    {
        var g = new GraphBuilder("vision");
        var pixels = g.Input(Pixels, new Shape(Images, 3, height, width));
        g.Output(ImageEmbeddings, VisionTower.Record(g, config.Vision, pixels, watch));
        return g.Build();
    }

    /// <summary>The decoder over whole captions at once: ids <c>[rows, tokens]</c> → logits <c>[rows, tokens, vocabulary]</c>, and what is watched.</summary>
    internal ComputeGraph Whole(Watch watch, bool padded)
    {
        var g = new GraphBuilder("captions");
        var ids = g.Input(Ids, new Shape(Rows, Tokens), ElementType.Int);
        var sight = new TextSight
        {
            Causal = true,
            Mask = padded ? g.Input(Mask, new Shape(Rows, Tokens), ElementType.Int) : null,
            Image = ImageInputs(g),
            ImageRow = g.Input(ImageRow, new Shape(Rows), ElementType.Int),
        };
        var x = TextTower.Record(g, config.Text, ids, sight, Bert, watch);
        g.Output(Logits, Head(g, x));
        return g.Build();
    }

    internal static string ImageName(int layer) => $"image.{layer}";

    internal static string KeyCacheName(int layer) => $"key_cache.{layer}";

    internal static string ValueCacheName(int layer) => $"value_cache.{layer}";

    private ComputeGraph WithCache(string name, bool prompt)
    {
        var g = new GraphBuilder(name);
        var ids = g.Input(Ids, prompt ? new Shape(Rows, Tokens) : new Shape(Rows, 1), ElementType.Int);
        var cache = new Shape(CacheRows, Capacity, config.Text.HiddenSize);
        var sight = new TextSight
        {
            Causal = true,
            Start = g.Input(Start, new Shape(Rows), ElementType.Int),
            Cache = [.. Enumerable.Range(0, config.Text.Layers).Select(layer => (g.Input(KeyCacheName(layer), cache), g.Input(ValueCacheName(layer), cache)))],
            CacheRow = g.Input(CacheRow, prompt ? new Shape(Rows) : new Shape(Rows, Capacity), ElementType.Int),
            WriteRow = prompt ? g.Input(WriteRow, new Shape(Rows), ElementType.Int) : null,
            Image = ImageInputs(g),
            // During the prompt a row is an image; afterwards an image's beams share it.
            ImageRow = prompt ? null : g.Input(ImageRow, new Shape(Rows), ElementType.Int),
        };
        var x = TextTower.Record(g, config.Text, ids, sight, Bert);
        var last = g.SelectToken(x, prompt ? g.Input(PromptLengths, new Shape(Rows), ElementType.Int) : null, Decoder / "last");
        g.Output(Logits, Head(g, last));
        return g.Build();
    }

    private List<Value> ImageInputs(GraphBuilder g) =>
        [.. Enumerable.Range(0, config.Text.Layers).Select(layer => g.Input(ImageName(layer), new Shape(Images, ImageTokens, 2 * config.Text.HiddenSize)))];

    private Value Head(GraphBuilder g, Value x)
    {
        var words = TextTower.WordEmbeddings(config.Text, Bert);
        var weight = outputMatrix is null ? words : new Matrix([outputMatrix], words.OutFeatures, words.InFeatures);
        return LanguageModelHead.Record(g, config.Text, x, weight, Decoder / "cls");
    }
}
