using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Models;

/// <summary>
/// BLIP's text side: BERT (Devlin et al. 2019) with post-norm layers, each with a cross-attention, which is omitted without a source; BLIP
/// (Li et al. 2022), section 3.1 and figure 2. The decoder attends causally.
/// </summary>
internal static class TextTower
{
    /// <summary>Records embeddings and layers: token ids <c>[rows, tokens]</c> → states <c>[rows, tokens, hidden]</c>.</summary>
    public static Value Record(GraphBuilder g, TextConfig config, Value ids, AttentionInputs attention, ModulePath bert,
        RecordedOutputs watch = RecordedOutputs.Nothing)
    {
        var at = bert / "embeddings";
        var shown = attention.Causal ? "lm" : "text";
        var positions = g.Parameter(at / "position_embeddings" / "weight", new Shape(config.MaxPositions, config.HiddenSize));
        var x = g.EmbedTokens(ids, WordEmbeddings(config, bert), positions, attention.Start, at / "word_embeddings");
        x = g.LayerNorm(x, at / "LayerNorm", config.LayerNormEps);
        x = attention.Noise?.Hidden(g, x, at) ?? x;
        for (var layer = 0; layer < config.Layers; layer++)
        {
            if (watch.HasFlag(RecordedOutputs.HiddenStates))
                g.Output($"{shown}.hidden.{layer}", x);
            x = Layer(g, config, x, attention, layer, bert / "encoder" / "layer" / layer, watch);
        }
        if (watch.HasFlag(RecordedOutputs.HiddenStates))
            g.Output($"{shown}.hidden.{config.Layers}", x);
        return x;
    }

    /// <summary>The word embeddings <c>[vocabulary, hidden]</c>.</summary>
    public static Matrix WordEmbeddings(TextConfig config, ModulePath bert) =>
        new([(bert / "embeddings" / "word_embeddings" / "weight").Path], config.VocabularySize, config.HiddenSize);

    /// <summary>
    /// Records the keys and values of a cross-attention's source, side by side: <c>[sources, source tokens, 2·hidden]</c>. They are
    /// computed once for all tokens and beams that attend to it.
    /// </summary>
    public static Value KeysValues(GraphBuilder g, TextConfig config, Value source, ModulePath attention) =>
        g.Linear(source, [attention / "key", attention / "value"], [config.HiddenSize, config.HiddenSize]);

    public static IEnumerable<ModulePath> CrossAttentions(TextConfig config, ModulePath bert) =>
        Enumerable.Range(0, config.Layers).Select(layer => bert / "encoder" / "layer" / layer / "crossattention" / "self");

    /// <summary>The outputs that a method needs of a tower: those to record, and the names to keep.</summary>
    public static (RecordedOutputs RecordedOutputs, List<string> Outputs) Seen(
        TextConfig config, ModulePath bert, AttentionMethod method) => method switch
        {
            AttentionMethod.CrossAttention => (RecordedOutputs.CrossAttentions, Weights(config, bert, "crossattention")),
            AttentionMethod.Rollout =>
                (RecordedOutputs.CrossAttentions | RecordedOutputs.Attentions,
                    [.. Weights(config, bert, "crossattention"), .. Weights(config, bert, "attention")]),
            _ => throw new ArgumentException(
                $"{method} is about whether a text matches; it says nothing of a text that is written or asked. Give "
                    + $"{AttentionMethod.CrossAttention} or {AttentionMethod.Rollout}.", nameof(method)),
        };

    /// <summary>Where a text's tokens looked, from a plan over it with the outputs of <see cref="Seen"/>.</summary>
    public static CrossAttention ReadSeen(
        Plan plan, TextConfig config, ModulePath bert, AttentionMethod method, int tokens, int sourceTokens)
    {
        var seen = new CrossAttention(
            config.Layers, config.Heads, tokens, sourceTokens, [.. Weights(config, bert, "crossattention").SelectMany(plan.ReadOutput)]);
        return method == AttentionMethod.Rollout
            ? TextRollout.Of(seen, [.. Weights(config, bert, "attention").SelectMany(plan.ReadOutput)])
            : seen;
    }

    /// <summary>The output with a layer's weights over its source.</summary>
    public static string CrossAttentionName(ModulePath bert, int layer) => WeightsName(bert, layer, "crossattention");

    private static List<string> Weights(TextConfig config, ModulePath bert, string attention) =>
        [.. Enumerable.Range(0, config.Layers).Select(layer => WeightsName(bert, layer, attention))];

    private static string WeightsName(ModulePath bert, int layer, string attention) =>
        (bert / "encoder" / "layer" / layer / attention / "self" / "probabilities").Path;

    private static Value Layer(
        GraphBuilder g, TextConfig config, Value x, AttentionInputs attention, int layer, ModulePath at, RecordedOutputs watch)
    {
        x = SelfAttention(g, config, x, attention, layer, at / "attention", watch);
        if (attention.SecondSourceRow is not null)
            x = TwinCrossAttention.Record(g, config, x, attention, layer, at / "crossattention", watch);
        else if (attention.Source is not null)
            x = CrossAttention(g, config, x, attention, attention.Source[layer], at / "crossattention", watch);
        var inner = g.Linear(x, at / "intermediate" / "dense", config.IntermediateSize);
        inner = g.Activate(inner, at / "intermediate" / "intermediate_act_fn", config.Activation);
        return Output(g, config, inner, x, at / "output", attention.Noise);
    }

    private static Value SelfAttention(
        GraphBuilder g, TextConfig config, Value x, AttentionInputs attention, int layer, ModulePath at, RecordedOutputs watch)
    {
        var (hidden, self) = (config.HiddenSize, at / "self");
        var qkv = g.Linear(x, [self / "query", self / "key", self / "value"], [hidden, hidden, hidden]);
        Columns key = new(qkv, hidden, hidden), value = new(qkv, 2 * hidden, hidden);
        if (attention.Cache is { } cache)
        {
            g.AppendCache(key, value, cache[layer].Key, cache[layer].Value, attention.Start!, attention.WriteRow, self / "cache");
            (key, value) = (cache[layer].Key, cache[layer].Value);
        }
        var attended = g.Attention(
            new AttentionSpec
            {
                Query = new Columns(qkv, 0, hidden),
                Key = key,
                Value = value,
                Heads = config.Heads,
                Causal = attention.Causal,
                Start = attention.Start,
                KeyRow = attention.CacheRow,
                Mask = attention.Mask,
                Dropout = attention.Noise?.Attention(),
            },
            self, watch.HasFlag(RecordedOutputs.Attentions));
        return Output(g, config, attended, x, at / "output", attention.Noise);
    }

    private static Value CrossAttention(
        GraphBuilder g, TextConfig config, Value x, AttentionInputs attention, Value source, ModulePath at, RecordedOutputs watch)
    {
        var attended = Attended(g, config, x, source, attention, attention.SourceRow, at / "self", watch);
        return Output(g, config, attended, x, at / "output", attention.Noise);
    }

    /// <summary>Records a cross-attention without its output matrix: each token's weighted sum of its source's values.</summary>
    internal static Value Attended(
        GraphBuilder g, TextConfig config, Value x, Value source, AttentionInputs attention, Value? row, ModulePath self,
            RecordedOutputs watch)
    {
        var hidden = config.HiddenSize;
        return g.Attention(
            new AttentionSpec
            {
                Query = g.Linear(x, self / "query", hidden),
                Key = new Columns(source, 0, hidden),
                Value = new Columns(source, hidden, hidden),
                Heads = config.Heads,
                KeyRow = row,
                Mask = attention.SourceMask,
                Dropout = attention.Noise?.Attention(),
            },
            self, watch.HasFlag(RecordedOutputs.CrossAttentions));
    }

    // BERT's post-norm: norm(dense(inner) + x).
    private static Value Output(GraphBuilder g, TextConfig config, Value inner, Value x, ModulePath at, TrainingNoise? noise)
    {
        var dense = g.Linear(inner, at / "dense", config.HiddenSize);
        return g.LayerNorm(g.Add(noise?.Hidden(g, dense, at) ?? dense, x, at / "residual"), at / "LayerNorm", config.LayerNormEps);
    }
}
