using Blip.Bench.Works;
using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Blip.Bench.Peers.Torch;

/// <summary>The works done by libtorch, in inference mode, one thread per core. All calls from one thread: its settings are the thread's.</summary>
internal sealed class TorchWorks : ICaptionWorks
{
    private readonly BlipConfig config;
    private readonly TorchWeights weights;
    private readonly TorchVision vision;
    private readonly TorchText text;
    private readonly IDisposable inferenceMode;
    private Tensor? pixels, embeddings, logits, token;
    private TorchText.KeysValues[] cross = [], cache = [];
    private int position;

    /// <summary>Loads a model.</summary>
    public TorchWorks(ModelSource source)
    {
        set_num_threads(Environment.ProcessorCount);
        inferenceMode = inference_mode(true);
        config = source.Config;
        using var tensors = source.OpenCheckpoint(BlipHead.Captioning);
        weights = new TorchWeights(tensors);
        (vision, text) = (new TorchVision(config.Vision, weights), new TorchText(config.Text, weights));
    }

    /// <inheritdoc/>
    public string Name => "libtorch";

    /// <inheritdoc/>
    public TimeSpan Rest => TimeSpan.FromMilliseconds(30);

    private int Images => (int)pixels!.shape[0];

    /// <inheritdoc/>
    public void SetPixels(ReadOnlySpan<float> pixels, int images)
    {
        this.pixels?.Dispose();
        this.pixels = tensor(pixels.ToArray(), [images, 3, config.Vision.ImageSize, config.Vision.ImageSize]);
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
        Free(ref cache);
        cache = text.Cache(Images, tokens);
        var captions = Enumerable.Range(0, Images).Select(_ => new int[tokens]).ToArray();
        using var scope = NewDisposeScope();
        var next = full([Images, 1], config.Text.BosTokenId, ScalarType.Int64);
        for (var step = 0; step < tokens; step++)
        {
            using var inner = NewDisposeScope();
            var scores = text.Step(next, step, cache, cross);
            scores.select(1, config.Text.SepTokenId).fill_(float.NegativeInfinity);
            next = scores.argmax(-1, keepdim: true).MoveToOuterDisposeScope();
            var chosen = next.data<long>();
            for (var image = 0; image < captions.Length; image++)
                captions[image][step] = (int)chosen[image];
        }
        return captions;
    }

    /// <inheritdoc/>
    public float[] ReadEmbeddings() => embeddings!.data<float>().ToArray();

    /// <inheritdoc/>
    public float[] ReadCrossKeysValues(int layer)
    {
        using var scope = NewDisposeScope();
        var both = stack([cross[layer].Keys, cross[layer].Values], 1).permute(0, 3, 1, 2, 4).contiguous();
        return both.data<float>().ToArray();
    }

    /// <inheritdoc/>
    public float[] ReadLogits() => logits!.data<float>().ToArray();

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

    private static void Free(ref TorchText.KeysValues[] layers)
    {
        foreach (var layer in layers)
            layer.Dispose();
        layers = [];
    }
}
