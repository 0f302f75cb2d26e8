using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Blip.Bench.Peers.Torch;

/// <summary>BLIP's text decoder from libtorch's fused operators, by token, with keys and values in fixed memory.</summary>
internal sealed class TorchText
{
    private readonly TextConfig config;
    private readonly Tensor words, positions;
    private readonly LayerNorm first, transformNorm;
    private readonly Layer[] layers;
    private readonly Linear transform, output;

    /// <summary>Loads the decoder, with a layout of the matrices that every token reads.</summary>
    public TorchText(TextConfig config, TorchWeights weights, bool inputByInput)
    {
        Linear Read(params string[] keys) => inputByInput ? weights.InputByInput(weights.Linear(keys)) : weights.Linear(keys);
        const string At = "text_decoder.bert.", Predictions = "text_decoder.cls.predictions.";
        this.config = config;
        (words, positions) =
            (weights.Load(At + "embeddings.word_embeddings.weight"), weights.Load(At + "embeddings.position_embeddings.weight"));
        first = weights.LayerNorm(At + "embeddings.LayerNorm", config.LayerNormEps);
        layers = [.. Enumerable.Range(0, config.Layers).Select(index => $"{At}encoder.layer.{index}.").Select(at => new Layer(
            Read(at + "attention.self.query", at + "attention.self.key", at + "attention.self.value"),
            Read(at + "attention.output.dense"),
            weights.LayerNorm(at + "attention.output.LayerNorm", config.LayerNormEps),
            weights.Linear(at + "crossattention.self.key", at + "crossattention.self.value"),
            Read(at + "crossattention.self.query"),
            Read(at + "crossattention.output.dense"),
            weights.LayerNorm(at + "crossattention.output.LayerNorm", config.LayerNormEps),
            Read(at + "intermediate.dense"),
            Read(at + "output.dense"),
            weights.LayerNorm(at + "output.LayerNorm", config.LayerNormEps)))];
        transform = Read(Predictions + "transform.dense");
        transformNorm = weights.LayerNorm(Predictions + "transform.LayerNorm", config.LayerNormEps);
        output = new Linear(words, weights.Load(Predictions + "bias"));
        output = inputByInput ? weights.InputByInput(output) : output;
    }

    /// <summary>A layer's keys and values <c>[rows, heads, tokens, head size]</c>.</summary>
    public readonly record struct KeysValues(Tensor Keys, Tensor Values) : IDisposable
    {
        public void Dispose()
        {
            Keys.Dispose();
            Values.Dispose();
        }
    }

    /// <summary>Cross-attention's inputs per layer; the caller disposes them.</summary>
    public KeysValues[] CrossKeysValues(Tensor embeddings) => [.. layers.Select(layer =>
    {
        using var scope = NewDisposeScope();
        var both = layer.CrossKeysValues.Run(embeddings).view(embeddings.shape[0], -1, 2, config.Heads, config.HeadDim).permute(
            2, 0, 3, 1, 4);
        return new KeysValues(both[0].contiguous().MoveToOuterDisposeScope(), both[1].contiguous().MoveToOuterDisposeScope());
    })];

    /// <summary>Memory for self-attention's keys and values; the caller disposes it.</summary>
    public KeysValues[] Cache(int rows, int capacity) =>
        [.. layers.Select(_ => new KeysValues(Zeros(rows, capacity), Zeros(rows, capacity)))];

    /// <summary>
    /// Runs tokens <c>[rows, 1]</c> at a position and keeps their keys and values. An image's rows, its beams, act as queries to one image.
    /// </summary>
    /// <returns>Logits <c>[rows, vocabulary]</c>; the caller disposes them.</returns>
    public Tensor Step(Tensor tokens, int position, KeysValues[] cache, KeysValues[] cross)
    {
        using var scope = NewDisposeScope();
        var (rows, images) = (tokens.shape[0], cross[0].Keys.shape[0]);
        var beams = rows / images;
        var x = first.Run(words.index_select(0, tokens.view(-1)).view(rows, 1, -1).add_(positions[position]));
        for (var index = 0; index < layers.Length; index++)
        {
            using var inner = NewDisposeScope();
            var layer = layers[index];
            var qkv = layer.Qkv.Run(x).view(rows, 3, config.Heads, config.HeadDim);
            cache[index].Keys.select(2, position).copy_(qkv.select(1, 1));
            cache[index].Values.select(2, position).copy_(qkv.select(1, 2));
            var (keys, values) = (cache[index].Keys.narrow(2, 0, position + 1), cache[index].Values.narrow(2, 0, position + 1));
            var attended = functional.scaled_dot_product_attention(qkv.select(1, 0).unsqueeze(2), keys, values).view(
                rows, 1, config.HiddenSize);
            var h = layer.AttentionNorm.Run(layer.AttentionOutput.Run(attended).add_(x));
            var query = layer.CrossQuery.Run(h).view(images, beams, config.Heads, config.HeadDim).transpose(1, 2);
            attended = functional.scaled_dot_product_attention(query, cross[index].Keys, cross[index].Values).transpose(1, 2).reshape(
                rows, 1, config.HiddenSize);
            h = layer.CrossNorm.Run(layer.CrossOutput.Run(attended).add_(h));
            x = layer.OutputNorm.Run(layer.Down.Run(functional.gelu(layer.Up.Run(h))).add_(h)).MoveToOuterDisposeScope();
        }
        return output.Run(transformNorm.Run(functional.gelu(transform.Run(x)))).view(rows, -1).MoveToOuterDisposeScope();
    }

    /// <summary>Greedy tokens of each row, without the stop token; one row per source of cross-attention.</summary>
    public int[][] Greedy(int rows, int tokens, KeysValues[] cross)
    {
        using var scope = NewDisposeScope();
        var cache = Cache(rows, tokens);
        var said = Enumerable.Range(0, rows).Select(_ => new int[tokens]).ToArray();
        var next = full([rows, 1], config.BosTokenId, ScalarType.Int64);
        for (var step = 0; step < tokens; step++)
        {
            using var inner = NewDisposeScope();
            var scores = Step(next, step, cache, cross);
            scores.select(1, config.SepTokenId).fill_(float.NegativeInfinity);
            next = scores.argmax(-1, keepdim: true).MoveToOuterDisposeScope();
            var chosen = next.data<long>();
            for (var row = 0; row < rows; row++)
                said[row][step] = (int)chosen[row];
        }
        return said;
    }

    private Tensor Zeros(int rows, int capacity) => zeros([rows, config.Heads, capacity, config.HeadDim], words.dtype);

    private sealed record Layer(
        Linear Qkv, Linear AttentionOutput, LayerNorm AttentionNorm,
        Linear CrossKeysValues, Linear CrossQuery, Linear CrossOutput, LayerNorm CrossNorm,
        Linear Up, Linear Down, LayerNorm OutputNorm);
}
