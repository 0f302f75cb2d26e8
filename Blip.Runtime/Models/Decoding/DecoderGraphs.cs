using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// The graphs of a text decoder, <c>text_decoder</c>: for a prompt, for one more word, and for whole sequences at a time. Captions look at
/// an image; answers look at a question.
/// </summary>
/// <param name="config">The tower's sizes.</param>
/// <param name="outputMatrix">Key of the head's matrix; null where it is tied to the word embeddings.</param>
/// <param name="source">What cross-attention reads: <c>image</c> or <c>question</c>.</param>
/// <param name="masked">Whether the source may be padded.</param>
internal sealed class DecoderGraphs(TextConfig config, string? outputMatrix, string source, bool masked)
{
    public const string Ids = BlipGraphs.Ids, Mask = BlipGraphs.Mask, Logits = "logits", LogProbabilities = "log_probs", Targets = "targets", TargetLogProbabilities = "target_log_probs";
    public const string Start = "start", PromptLengths = "prompt_lengths", CacheRow = "cache_row", WriteRow = "write_row";

    /// <summary>The tower's place in the checkpoint.</summary>
    public static readonly ModulePath Bert = Decoder / "bert";

    private static readonly Dim Rows = BlipGraphs.Rows, Tokens = BlipGraphs.Tokens, CacheRows = Dim.Of("cache_rows"), Capacity = Dim.Of("capacity");

    /// <summary>What cross-attention reads: <c>image</c> or <c>question</c>.</summary>
    public string Source => source;

    /// <summary>Input: the source of each row <c>[rows]</c>.</summary>
    public string SourceRow => $"{source}_row";

    /// <summary>Input: 1 for a token of a row's source and 0 for padding <c>[rows, source tokens]</c>.</summary>
    public string SourceMask => $"{source}_mask";

    /// <summary>Whether there is a <see cref="SourceMask"/>.</summary>
    public bool IsMasked => masked;

    /// <summary>Names of the source's sizes.</summary>
    public (string Sources, string Tokens) SourceSizes => ($"{source}s", $"{source}_tokens");

    private static ModulePath Decoder => new("text_decoder");

    /// <summary>Input: keys and values of the source for a layer.</summary>
    public string SourceName(int layer) => $"{source}.{layer}";

    public static string KeyCacheName(int layer) => $"key_cache.{layer}";

    public static string ValueCacheName(int layer) => $"value_cache.{layer}";

    /// <summary>The decoder over a prompt: ids <c>[rows, tokens]</c> → logits of each row's last word <c>[rows, vocabulary]</c>; fills the caches.</summary>
    public ComputeGraph Prompt() => WithCache("prompt", prompt: true);

    /// <summary>The decoder over one more word of each row → logits <c>[rows, vocabulary]</c>; extends the caches.</summary>
    public ComputeGraph Step() => WithCache("step", prompt: false);

    /// <summary>The decoder over whole sequences at once: ids <c>[rows, tokens]</c> → logits <c>[rows, tokens, vocabulary]</c>, and what is watched.</summary>
    public ComputeGraph Whole(RecordedOutputs watch, bool padded)
    {
        var g = new GraphBuilder("sequences");
        g.Output(Logits, Sequences(g, watch, padded));
        return g.Build();
    }

    /// <summary>
    /// How likely the words of whole sequences are: ids and targets <c>[rows, tokens]</c> → logarithms of the probabilities of all words
    /// <c>[rows, tokens, vocabulary]</c>, and of the target at each place <c>[rows, tokens]</c>.
    /// </summary>
    public ComputeGraph Scored()
    {
        var g = new GraphBuilder("scores");
        var all = g.LogSoftmax(Sequences(g, RecordedOutputs.Nothing, padded: false), Decoder / "log_softmax");
        g.Output(LogProbabilities, all);
        g.Output(TargetLogProbabilities, g.Pick(all, g.Input(Targets, new Shape(Rows, Tokens), DType.Int32), Decoder / "targets"));
        return g.Build();
    }

    private Value Sequences(GraphBuilder g, RecordedOutputs watch, bool padded)
    {
        var ids = g.Input(Ids, new Shape(Rows, Tokens), DType.Int32);
        var attention = new AttentionInputs
        {
            Causal = true,
            Mask = padded ? g.Input(Mask, new Shape(Rows, Tokens), DType.Int32) : null,
            Source = BlipGraphs.SourceInputs(g, config, source, config.Layers),
            SourceRow = g.Input(SourceRow, new Shape(Rows), DType.Int32),
            SourceMask = MaskInput(g),
        };
        return Head(g, TextTower.Record(g, config, ids, attention, Bert, watch));
    }

    private ComputeGraph WithCache(string name, bool prompt)
    {
        var g = new GraphBuilder(name);
        var ids = g.Input(Ids, prompt ? new Shape(Rows, Tokens) : new Shape(Rows, 1), DType.Int32);
        var cache = new Shape(CacheRows, Capacity, config.HiddenSize);
        var attention = new AttentionInputs
        {
            Causal = true,
            Start = g.Input(Start, new Shape(Rows), DType.Int32),
            Cache = [.. Enumerable.Range(0, config.Layers).Select(layer => (g.Input(KeyCacheName(layer), cache), g.Input(ValueCacheName(layer), cache)))],
            CacheRow = g.Input(CacheRow, prompt ? new Shape(Rows) : new Shape(Rows, Capacity), DType.Int32),
            WriteRow = prompt ? g.Input(WriteRow, new Shape(Rows), DType.Int32) : null,
            Source = BlipGraphs.SourceInputs(g, config, source, config.Layers),
            // During the prompt a row is a source; afterwards a source's beams share it.
            SourceRow = prompt ? null : g.Input(SourceRow, new Shape(Rows), DType.Int32),
            SourceMask = MaskInput(g),
        };
        var x = TextTower.Record(g, config, ids, attention, Bert);
        var last = g.SelectToken(x, prompt ? g.Input(PromptLengths, new Shape(Rows), DType.Int32) : null, Decoder / "last");
        g.Output(Logits, Head(g, last));
        return g.Build();
    }

    private Value? MaskInput(GraphBuilder g) => masked ? g.Input(SourceMask, new Shape(Rows, Dim.Of(SourceSizes.Tokens)), DType.Int32) : null;

    private Value Head(GraphBuilder g, Value x)
    {
        var words = TextTower.WordEmbeddings(config, Bert);
        var weight = outputMatrix is null ? words : new Matrix([outputMatrix], words.OutFeatures, words.InFeatures);
        return LanguageModelHead.Record(g, config, x, weight, Decoder / "cls");
    }
}
