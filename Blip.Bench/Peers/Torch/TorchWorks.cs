using Blip.Bench.Workloads;
using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Blip.Bench.Peers.Torch;

/// <summary>
/// The works on libtorch in inference mode, one thread per core. All calls must come from one thread: its settings are per thread.
/// </summary>
internal sealed class TorchWorks : IBeamWorks
{
    private readonly BlipConfig config;
    private readonly ScalarType type;
    private readonly TorchWeights weights;
    private readonly TorchVision vision;
    private readonly TorchDecoders decoders;
    private readonly IDisposable inferenceMode;
    private TorchText text;
    private Tensor? pixels, embeddings, logits, token;
    private TorchText.KeysValues[] cross = [], cache = [];
    private int position;

    /// <summary>Loads a model with weights and activations in a type: <c>Float32</c>, or <c>BFloat16</c> as in a converted model.</summary>
    public TorchWorks(ModelSource source, ScalarType type)
    {
        this.type = type;
        set_num_threads(Environment.ProcessorCount);
        inferenceMode = inference_mode(true);
        config = source.Config;
        using var tensors = source.OpenCheckpoint(BlipHead.Captioning);
        weights = new TorchWeights(tensors, type);
        vision = new TorchVision(config.Vision, weights);
        decoders = new TorchDecoders(config.Text, weights, config.Vision.Tokens);
        text = decoders.Fastest(1);
    }

    /// <inheritdoc/>
    public string Name => "libtorch";

    /// <inheritdoc/>
    public string Precision => type switch
    {
        ScalarType.Float32 => "fp32",
        ScalarType.BFloat16 => "bf16",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "It has no name here."),
    };

    /// <inheritdoc/>
    public TimeSpan Rest => TimeSpan.FromMilliseconds(30);

    private int Images => (int)pixels!.shape[0];

    /// <inheritdoc/>
    public void SetPixels(ReadOnlySpan<float> pixels, int images)
    {
        this.pixels?.Dispose();
        text = decoders.Fastest(images);
        this.pixels = tensor(pixels.ToArray(), [images, 3, config.Vision.ImageSize, config.Vision.ImageSize], type);
    }

    /// <inheritdoc/>
    public void Encode()
    {
        embeddings?.Dispose();
        embeddings = vision.Run(pixels!);
    }

    /// <inheritdoc/>
    public void CrossKeysValues()
    {
        Free(ref cross);
        cross = text.CrossKeysValues(embeddings!);
    }

    /// <inheritdoc/>
    public void PrepareToken(ReadOnlySpan<int> tokens)
    {
        Free(ref cache);
        cache = text.Cache(Images, tokens.Length);
        for (position = 0; ; position++)
        {
            token?.Dispose();
            token = full([Images, 1], tokens[position], ScalarType.Int64);
            Token();
            if (position == tokens.Length - 1)
                return;
        }
    }

    /// <inheritdoc/>
    public void Token()
    {
        logits?.Dispose();
        logits = text.Step(token!, position, cache, cross);
    }

    /// <inheritdoc/>
    public int[][] Caption(int tokens)
    {
        Encode();
        CrossKeysValues();
        return text.Greedy(Images, tokens, cross);
    }

    /// <inheritdoc/>
    /// <remarks>Without the stop token no beam ends early. The search then selects the likeliest continuations at each step.</remarks>
    public int[][] Search(int tokens, int beams)
    {
        text = decoders.Fastest(Images * beams);
        Encode();
        CrossKeysValues();
        Free(ref cache);
        cache = text.Cache(Images * beams, tokens);
        using var scope = NewDisposeScope();
        var firstRows = arange(Images, ScalarType.Int64).view(-1, 1).mul(beams);
        var history = empty([Images * beams, 0], ScalarType.Int64);
        var next = full([Images * beams, 1], config.Text.BosTokenId, ScalarType.Int64);
        var sums = full([Images, beams], -1e9f);
        sums.select(1, 0).fill_(0);
        for (var step = 0; step < tokens; step++)
        {
            using var inner = NewDisposeScope();
            var scores = text.Step(next, step, cache, cross).log_softmax(-1);
            scores.select(1, config.Text.SepTokenId).fill_(float.NegativeInfinity);
            var (best, places) = scores.view(Images, beams, -1).add_(sums.unsqueeze(-1)).view(Images, -1).topk(beams, -1);
            var rows = places.div(config.Text.VocabularySize, RoundingMode.floor).add_(firstRows).view(-1);
            next = places.remainder(config.Text.VocabularySize).view(-1, 1).MoveToOuterDisposeScope();
            history = cat([history.index_select(0, rows), next], 1).MoveToOuterDisposeScope();
            sums = best.MoveToOuterDisposeScope();
            foreach (var layer in step < tokens - 1 ? cache : [])
            {
                var (keys, values) = (layer.Keys.narrow(2, 0, step + 1), layer.Values.narrow(2, 0, step + 1));
                keys.copy_(keys.index_select(0, rows));
                values.copy_(values.index_select(0, rows));
            }
        }
        // topk sorts: an image's first beam is its best.
        return [.. Enumerable.Range(0, Images).Select(image => history[image * beams].data<long>().Select(id => (int)id).ToArray())];
    }

    /// <inheritdoc/>
    public float[] ReadEmbeddings() => Read(embeddings!);

    /// <inheritdoc/>
    public float[] ReadCrossKeysValues(int layer)
    {
        using var scope = NewDisposeScope();
        var both = stack([cross[layer].Keys, cross[layer].Values], 1).permute(0, 3, 1, 2, 4).contiguous();
        return Read(both);
    }

    /// <inheritdoc/>
    public float[] ReadLogits() => Read(logits!);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free(ref cross);
        Free(ref cache);
        foreach (var one in new[] { pixels, embeddings, logits, token })
            one?.Dispose();
        weights.Dispose();
        inferenceMode.Dispose();
    }

    private static float[] Read(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.to(ScalarType.Float32).data<float>().ToArray();
    }

    private static void Free(ref TorchText.KeysValues[] layers)
    {
        foreach (var layer in layers)
            layer.Dispose();
        layers = [];
    }
}
