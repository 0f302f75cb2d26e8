using Blip.Bench.Workloads;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Blip.Bench.Peers.Torch;

/// <summary>Learns captions with libtorch's autograd and AdamW, one thread per core.</summary>
internal sealed class TorchTraining : ITrainingWorks
{
    // cross_entropy ignores this label.
    private const long NoLabel = -100;

    private readonly TorchParameters parameters;
    private readonly TorchTrainedVision vision;
    private readonly TorchTrainedDecoder decoder;
    private readonly optim.Optimizer optimizer;
    private readonly Tensor pixels, ids, labels;

    public TorchTraining(TrainingBatch batch)
    {
        set_num_threads(Environment.ProcessorCount);
        var autocast = new Autocast(batch.Precision switch
        {
            Precision.Fp32 => ScalarType.Float32,
            Precision.Bf16 => ScalarType.BFloat16,
            var other => throw new ArgumentOutOfRangeException(nameof(batch), other, "It is not trained in this."),
        });
        using (var source = batch.OpenWeights())
        {
            parameters = new TorchParameters(source);
            vision = new TorchTrainedVision(batch.Config.Vision, parameters, autocast);
            decoder = new TorchTrainedDecoder(batch.Config.Text, parameters, autocast);
        }
        optimizer = optim.AdamW(parameters.All, lr: ITrainingWorks.LearningRate, weight_decay: ITrainingWorks.WeightDecay);
        pixels = tensor(batch.Pixels, [batch.Images, 3, batch.Side, batch.Side]);
        // The longest text's last token is only a label.
        var places = batch.Texts.Max(text => text.Length) - 1;
        ids = Padded(batch.Texts, text => text[..^1], places, 0);
        labels = Padded(batch.Texts, text => text[1..], places, NoLabel);
        // Loading's memory does not count.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    /// <inheritdoc/>
    public double Step()
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        var logits = decoder.Run(ids, vision.Run(pixels));
        var loss = functional.cross_entropy(
            logits.flatten(0, 1).to(ScalarType.Float32), labels.flatten(), ignore_index: NoLabel,
                label_smoothing: ITrainingWorks.LabelSmoothing);
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in new[] { pixels, ids, labels })
            one.Dispose();
        optimizer.Dispose();
        parameters.Dispose();
    }

    private static Tensor Padded(IReadOnlyList<int[]> texts, Func<int[], int[]> part, int places, long padding)
    {
        var rows = texts.Select(text => part(text).Select(id => (long)id).Concat(Enumerable.Repeat(padding, places)).Take(places));
        return tensor(rows.SelectMany(row => row).ToArray(), [texts.Count, places]);
    }
}

/// <summary>BLIP's image encoder from libtorch's fused operators. Autograd forbids changes in place of values that it keeps.</summary>
internal sealed class TorchTrainedVision
{
    private readonly VisionConfig config;
    private readonly Autocast autocast;
    private readonly Tensor patchWeight, patchBias, classToken, positions;
    private readonly Layer[] layers;
    private readonly LayerNorm last;

    public TorchTrainedVision(VisionConfig config, TorchParameters parameters, Autocast autocast)
    {
        this.autocast = autocast;
        const string At = "vision_model.", Embeddings = At + "embeddings.";
        this.config = config;
        patchWeight = parameters.Load(Embeddings + "patch_embedding.weight");
        patchBias = parameters.Load(Embeddings + "patch_embedding.bias");
        classToken = parameters.Load(Embeddings + "class_embedding");
        positions = parameters.Load(Embeddings + "position_embedding");
        layers = [.. Enumerable.Range(0, config.Layers).Select(index => $"{At}encoder.layers.{index}.").Select(at => new Layer(
            parameters.LayerNorm(at + "layer_norm1", config.LayerNormEps),
            parameters.Linear(at + "self_attn.qkv"),
            parameters.Linear(at + "self_attn.projection"),
            parameters.LayerNorm(at + "layer_norm2", config.LayerNormEps),
            parameters.Linear(at + "mlp.fc1"),
            parameters.Linear(at + "mlp.fc2")))];
        last = parameters.LayerNorm(At + "post_layernorm", config.LayerNormEps);
    }

    /// <summary>Pixels <c>[images, 3, side, side]</c> to embeddings <c>[images, tokens, hidden]</c>.</summary>
    public Tensor Run(Tensor pixels)
    {
        var images = pixels.shape[0];
        var patches = autocast.Patches(pixels, patchWeight, patchBias, config.PatchSize).flatten(2).transpose(1, 2);
        var x = cat([classToken.expand(images, 1, config.HiddenSize), patches], 1) + positions;
        foreach (var layer in layers)
        {
            // Autograd keeps its tensors; the scope frees the handles.
            using var scope = NewDisposeScope();
            var qkv = autocast.Run(layer.Qkv, layer.Norm1.Run(x)).view(images, -1, 3, config.Heads, config.HeadDim).permute(2, 0, 3, 1, 4);
            var attended = functional.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]);
            x = autocast.Add(autocast.Run(layer.Projection, attended.transpose(1, 2).reshape(images, -1, config.HiddenSize)), x);
            x = autocast.Add(autocast.Run(layer.Down, functional.gelu(autocast.Run(layer.Up, layer.Norm2.Run(x)))), x)
                .MoveToOuterDisposeScope();
        }
        return last.Run(x);
    }

    private sealed record Layer(LayerNorm Norm1, Linear Qkv, Linear Projection, LayerNorm Norm2, Linear Up, Linear Down);
}

/// <summary>BLIP's text decoder from libtorch's fused operators over whole texts, for autograd.</summary>
internal sealed class TorchTrainedDecoder
{
    private readonly TextConfig config;
    private readonly Autocast autocast;
    private readonly Tensor words, positions;
    private readonly LayerNorm first, transformNorm;
    private readonly Layer[] layers;
    private readonly Linear transform, output;

    public TorchTrainedDecoder(TextConfig config, TorchParameters parameters, Autocast autocast)
    {
        this.autocast = autocast;
        const string At = "text_decoder.bert.", Predictions = "text_decoder.cls.predictions.";
        this.config = config;
        words = parameters.Load(At + "embeddings.word_embeddings.weight");
        positions = parameters.Load(At + "embeddings.position_embeddings.weight");
        first = parameters.LayerNorm(At + "embeddings.LayerNorm", config.LayerNormEps);
        layers = [.. Enumerable.Range(0, config.Layers).Select(index => $"{At}encoder.layer.{index}.").Select(at => new Layer(
            parameters.Linear(at + "attention.self.query", at + "attention.self.key", at + "attention.self.value"),
            parameters.Linear(at + "attention.output.dense"),
            parameters.LayerNorm(at + "attention.output.LayerNorm", config.LayerNormEps),
            parameters.Linear(at + "crossattention.self.key", at + "crossattention.self.value"),
            parameters.Linear(at + "crossattention.self.query"),
            parameters.Linear(at + "crossattention.output.dense"),
            parameters.LayerNorm(at + "crossattention.output.LayerNorm", config.LayerNormEps),
            parameters.Linear(at + "intermediate.dense"),
            parameters.Linear(at + "output.dense"),
            parameters.LayerNorm(at + "output.LayerNorm", config.LayerNormEps)))];
        transform = parameters.Linear(Predictions + "transform.dense");
        transformNorm = parameters.LayerNorm(Predictions + "transform.LayerNorm", config.LayerNormEps);
        output = new Linear(words, parameters.Load(Predictions + "bias"));
    }

    /// <summary>Ids <c>[rows, tokens]</c>, with an image each, to logits <c>[rows, tokens, vocabulary]</c>.</summary>
    public Tensor Run(Tensor ids, Tensor embeddings)
    {
        var (rows, length, hidden) = (ids.shape[0], ids.shape[1], config.HiddenSize);
        var x = first.Run(words.index_select(0, ids.flatten()).view(rows, length, hidden) + positions.narrow(0, 0, length));
        foreach (var layer in layers)
        {
            using var scope = NewDisposeScope();
            var qkv = autocast.Run(layer.Qkv, x).view(rows, length, 3, config.Heads, config.HeadDim).permute(2, 0, 3, 1, 4);
            // Padding follows all tokens, and no token looks ahead.
            var attended = functional.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], is_casual: true);
            var h = layer.AttentionNorm.Run(
                autocast.Add(autocast.Run(layer.AttentionOutput, attended.transpose(1, 2).reshape(rows, length, hidden)), x));
            var both = autocast.Run(layer.CrossKeysValues, embeddings).view(rows, -1, 2, config.Heads, config.HeadDim).permute(
                2, 0, 3, 1, 4);
            var query = autocast.Run(layer.CrossQuery, h).view(rows, length, config.Heads, config.HeadDim).transpose(1, 2);
            attended = functional.scaled_dot_product_attention(query, both[0], both[1]);
            h = layer.CrossNorm.Run(
                autocast.Add(autocast.Run(layer.CrossOutput, attended.transpose(1, 2).reshape(rows, length, hidden)), h));
            x = layer.OutputNorm.Run(autocast.Add(autocast.Run(layer.Down, functional.gelu(autocast.Run(layer.Up, h))), h))
                .MoveToOuterDisposeScope();
        }
        return autocast.Run(output, transformNorm.Run(functional.gelu(autocast.Run(transform, x)).to(ScalarType.Float32)));
    }

    private sealed record Layer(
        Linear Qkv, Linear AttentionOutput, LayerNorm AttentionNorm,
        Linear CrossKeysValues, Linear CrossQuery, Linear CrossOutput, LayerNorm CrossNorm,
        Linear Up, Linear Down, LayerNorm OutputNorm);
}
