using System.Diagnostics;
using System.Globalization;
using Blip.Bench.Works;
using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Blip.Bench.Peers.Torch;

/// <summary>The works done by libtorch, in inference mode, one thread per core. All calls from one thread: its settings are the thread's.</summary>
internal sealed class TorchWorks : IBeamWorks
{
    private readonly BlipConfig config;
    private readonly TorchWeights weights;
    private readonly TorchVision vision;
    private readonly TorchText[] texts;
    private readonly Dictionary<int, TorchText> fastest = [];
    private readonly IDisposable inferenceMode;
    private TorchText text;
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
        vision = new TorchVision(config.Vision, weights);
        texts = [new TorchText(config.Text, weights, inputByInput: false), new TorchText(config.Text, weights, inputByInput: true)];
        text = texts[0];
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
        Tune(images);
        this.pixels = tensor(pixels.ToArray(), [images, 3, config.Vision.ImageSize, config.Vision.ImageSize]);
    }

    /// <summary>Takes the layout of the decoder's matrices that is the faster one for so many rows: a trial decides, once per number.</summary>
    /// <param name="rows">Images, or images × beams.</param>
    private void Tune(int rows)
    {
        const int Steps = 6;
        if (fastest.TryGetValue(rows, out text!))
            return;
        using var scope = NewDisposeScope();
        var tokens = full([rows, 1], config.Text.BosTokenId, ScalarType.Int64);
        var times = texts.Select(candidate =>
        {
            var (own, picture) = (candidate.Cache(rows, Steps), candidate.Cache(rows, config.Vision.Tokens));
            candidate.Step(tokens, 0, own, picture).Dispose();
            return Enumerable.Range(1, Steps - 1).Min(position =>
            {
                var start = Stopwatch.GetTimestamp();
                candidate.Step(tokens, position, own, picture).Dispose();
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            });
        }).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  libtorch, a token of {rows} rows: matrices output by output {times[0]:F1} ms, input by input {times[1]:F1} ms; the faster is taken"));
        fastest.Add(rows, text = texts[times[0] <= times[1] ? 0 : 1]);
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
    /// <remarks>With the stop token forbidden no beam ends early, so that the search is a choice of the likeliest continuations at each step.</remarks>
    public int[][] Search(int tokens, int beams)
    {
        Tune(Images * beams);
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
        // topk sorts: the first beam of an image is its best.
        return [.. Enumerable.Range(0, Images).Select(image => history[image * beams].data<long>().Select(id => (int)id).ToArray())];
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
