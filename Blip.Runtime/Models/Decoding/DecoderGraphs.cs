using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>The graphs of a text decoder, <c>text_decoder</c>. Captions attend to an image; answers attend to a question.</summary>
/// <param name="config">The tower's sizes.</param>
/// <param name="outputMatrix">Key of the head's matrix; null if tied to the word embeddings.</param>
/// <param name="source">The source of cross-attention: <c>image</c> or <c>question</c>.</param>
/// <param name="masked">Whether the source may be padded.</param>
internal sealed class DecoderGraphs(TextConfig config, string? outputMatrix, string source, bool masked)
{
    public const string Ids = BlipGraphs.Ids, Mask = BlipGraphs.Mask, Logits = "logits", LogProbabilities = "log_probs",
        Targets = "targets", TargetLogProbabilities = "target_log_probs";
    public const string Start = "start", PromptLengths = "prompt_lengths", CacheRow = "cache_row", WriteRow = "write_row";

    public static readonly ModulePath Bert = Decoder / "bert";

    private static readonly Dim Rows =
        BlipGraphs.Rows, Tokens = BlipGraphs.Tokens, CacheRows = Dim.Of("cache_rows"), Capacity = Dim.Of("capacity");

    public string Source => source;

    /// <summary>Input: the source of each row <c>[rows]</c>.</summary>
    public string SourceRow => $"{source}_row";

    /// <summary>Input: 1 for a token of a row's source, 0 for padding <c>[rows, source tokens]</c>.</summary>
    public string SourceMask => $"{source}_mask";

    public bool IsMasked => masked;

    public (string Sources, string Tokens) SourceSizes => ($"{source}s", $"{source}_tokens");

    private static ModulePath Decoder => new("text_decoder");

    /// <summary>Input: a layer's keys and values of the source.</summary>
    public string SourceName(int layer) => $"{source}.{layer}";

    public static string KeyCacheName(int layer) => $"key_cache.{layer}";

    public static string ValueCacheName(int layer) => $"value_cache.{layer}";

    /// <summary>
    /// The decoder over a prompt: ids <c>[rows, tokens]</c> → logits of each row's last token <c>[rows, vocabulary]</c>; fills the caches.
    /// </summary>
    public ComputeGraph Prompt()
    {
        var (g, lengths) = (new GraphBuilder("prompt"), new Shape(Rows));
        // In the prompt, row and source have the same index.
        var x = WithCache(g, Tokens, g.Input(CacheRow, lengths, DType.Int32), g.Input(WriteRow, lengths, DType.Int32), sourceRow: null);
        g.Output(Logits, Head(g, g.SelectToken(x, g.Input(PromptLengths, lengths, DType.Int32), Decoder / "last")));
        return g.Build();
    }

    /// <summary>The decoder over one more token of each row → logits <c>[rows, vocabulary]</c>; extends the caches.</summary>
    public ComputeGraph Step()
    {
        var g = new GraphBuilder("step");
        g.Output(Logits, Head(g, g.SelectToken(Continued(g, 1), null, Decoder / "last")));
        return g.Build();
    }

    /// <summary>
    /// The decoder over several more tokens of each row → logits of each <c>[rows, tokens, vocabulary]</c>; extends the caches like as
    /// many steps.
    /// </summary>
    public ComputeGraph Steps()
    {
        var g = new GraphBuilder("steps");
        g.Output(Logits, Head(g, Continued(g, Tokens)));
        return g.Build();
    }

    /// <summary>
    /// The decoder over whole sequences: ids <c>[rows, tokens]</c> → logits <c>[rows, tokens, vocabulary]</c>, and the recorded outputs.
    /// </summary>
    public ComputeGraph Whole(RecordedOutputs watch, bool padded)
    {
        var g = new GraphBuilder("sequences");
        g.Output(Logits, Sequences(g, watch, padded));
        return g.Build();
    }

    /// <summary>
    /// Scores whole sequences: ids and targets <c>[rows, tokens]</c> → log-probabilities of all tokens <c>[rows, tokens, vocabulary]</c>,
    /// and of the target at each position <c>[rows, tokens]</c>.
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

    // After the prompt, which beams of a source share, each position has its own cache row.
    private Value Continued(GraphBuilder g, Dim tokens) => WithCache(
        g, tokens, g.Input(CacheRow, new Shape(Rows, Capacity), DType.Int32), null, g.Input(SourceRow, new Shape(Rows), DType.Int32));

    private Value WithCache(GraphBuilder g, Dim tokens, Value cacheRow, Value? writeRow, Value? sourceRow)
    {
        var cache = new Shape(CacheRows, Capacity, config.HiddenSize);
        var attention = new AttentionInputs
        {
            Causal = true,
            Start = g.Input(Start, new Shape(Rows), DType.Int32),
            Cache = [.. Enumerable.Range(0, config.Layers)
                .Select(layer => (g.Input(KeyCacheName(layer), cache), g.Input(ValueCacheName(layer), cache)))],
            CacheRow = cacheRow,
            WriteRow = writeRow,
            Source = BlipGraphs.SourceInputs(g, config, source, config.Layers),
            SourceRow = sourceRow,
            SourceMask = MaskInput(g),
        };
        return TextTower.Record(g, config, g.Input(Ids, new Shape(Rows, tokens), DType.Int32), attention, Bert);
    }

    private Value? MaskInput(GraphBuilder g) =>
        masked ? g.Input(SourceMask, new Shape(Rows, Dim.Of(SourceSizes.Tokens)), DType.Int32) : null;

    private Value Head(GraphBuilder g, Value x)
    {
        var words = TextTower.WordEmbeddings(config, Bert);
        var weight = outputMatrix is null ? words : new Matrix([outputMatrix], words.OutFeatures, words.InFeatures);
        return LanguageModelHead.Record(g, config, x, weight, Decoder / "cls");
    }
}
