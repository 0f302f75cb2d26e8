using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Blip.Bench.Peers.Torch;

/// <summary>BLIP's text encoder from libtorch's fused operators, over whole texts of one length, perhaps with an image.</summary>
internal sealed class TorchReader
{
    private readonly TextConfig config;
    private readonly Tensor words, positions;
    private readonly LayerNorm first;
    private readonly Layer[] layers;

    public TorchReader(TextConfig config, TorchWeights weights)
    {
        const string At = "text_encoder.";
        this.config = config;
        (words, positions) =
            (weights.Load(At + "embeddings.word_embeddings.weight"), weights.Load(At + "embeddings.position_embeddings.weight"));
        first = weights.LayerNorm(At + "embeddings.LayerNorm", config.LayerNormEps);
        layers = [.. Enumerable.Range(0, config.Layers).Select(index => $"{At}encoder.layer.{index}.").Select(at => new Layer(
            weights.Linear(at + "attention.self.query", at + "attention.self.key", at + "attention.self.value"),
            weights.Linear(at + "attention.output.dense"),
            weights.LayerNorm(at + "attention.output.LayerNorm", config.LayerNormEps),
            weights.Linear(at + "crossattention.self.key", at + "crossattention.self.value"),
            weights.Linear(at + "crossattention.self.query"),
            weights.Linear(at + "crossattention.output.dense"),
            weights.LayerNorm(at + "crossattention.output.LayerNorm", config.LayerNormEps),
            weights.Linear(at + "intermediate.dense"),
            weights.Linear(at + "output.dense"),
            weights.LayerNorm(at + "output.LayerNorm", config.LayerNormEps)))];
    }

    /// <summary>Reads texts. An image's texts act as queries to one image.</summary>
    /// <param name="texts">Ids, of one length.</param>
    /// <param name="embeddings"><c>[images, image tokens, hidden]</c>, one image for all texts or one each; null for none.</param>
    /// <returns>States <c>[texts, tokens, hidden]</c>; the caller disposes them.</returns>
    public Tensor Run(IReadOnlyList<int[]> texts, Tensor? embeddings)
    {
        using var scope = NewDisposeScope();
        var (rows, length, hidden) = (texts.Count, texts[0].Length, config.HiddenSize);
        var ids = tensor(texts.SelectMany(text => text).Select(id => (long)id).ToArray(), [rows * length]);
        var x = first.Run(words.index_select(0, ids).view(rows, length, hidden).add_(positions.narrow(0, 0, length)));
        foreach (var layer in layers)
        {
            using var inner = NewDisposeScope();
            var qkv = layer.Qkv.Run(x).view(rows, length, 3, config.Heads, config.HeadDim).permute(2, 0, 3, 1, 4);
            var attended = functional.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]).transpose(1, 2).reshape(rows, length, hidden);
            var h = layer.AttentionNorm.Run(layer.AttentionOutput.Run(attended).add_(x));
            if (embeddings is not null)
                h = layer.CrossNorm.Run(layer.CrossOutput.Run(Look(layer, h, embeddings)).add_(h));
            x = layer.OutputNorm.Run(layer.Down.Run(functional.gelu(layer.Up.Run(h))).add_(h)).MoveToOuterDisposeScope();
        }
        return x.MoveToOuterDisposeScope();
    }

    private Tensor Look(Layer layer, Tensor h, Tensor embeddings)
    {
        var (rows, length, images) = (h.shape[0], h.shape[1], embeddings.shape[0]);
        var both = layer.CrossKeysValues.Run(embeddings).view(images, -1, 2, config.Heads, config.HeadDim).permute(2, 0, 3, 1, 4);
        var query = layer.CrossQuery.Run(h).view(images, rows / images * length, config.Heads, config.HeadDim).transpose(1, 2);
        return functional.scaled_dot_product_attention(query, both[0], both[1]).transpose(1, 2).reshape(rows, length, config.HiddenSize);
    }

    private sealed record Layer(
        Linear Qkv, Linear AttentionOutput, LayerNorm AttentionNorm,
        Linear CrossKeysValues, Linear CrossQuery, Linear CrossOutput, LayerNorm CrossNorm,
        Linear Up, Linear Down, LayerNorm OutputNorm);
}
