using Blip.Bench.Workloads;
using Blip.Runtime.Checkpoints;
using Microsoft.ML.OnnxRuntime;

namespace Blip.Bench.Peers.Onnx;

/// <summary>The works on ONNX Runtime: three graphs with its fused attention, GELU and layer normalisation, one thread per core.</summary>
internal sealed class OnnxWorks : ICaptionWorks
{
    private readonly BlipConfig config;
    private readonly InferenceSession encoder, cross, step;
    private readonly RunOptions runOptions = new();
    private readonly string[] crossNames, pastNames, stepInputs, stepOutputs;
    private OrtValue? pixels, token, position;
    private OrtValue[] crossValues = [], past = [];
    private OrtValue? embeddings, logits;
    private int images;

    /// <summary>Loads the graphs. With <c>int8</c>, linear layers are dynamically quantised, activations by tensor.</summary>
    public OnnxWorks(BlipConfig config, bool int8)
    {
        var size = int8 ? "base.int8" : "base";
        var folder = PeerFiles.Onnx(size);
        Precision = int8 ? "int8" : "fp32";
        this.config = config;
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = Environment.ProcessorCount,
            InterOpNumThreads = 1,
        };
        InferenceSession Open(string name) => new(Path.Combine(folder, $"{size}.{name}.onnx"), options);
        (encoder, cross, step) = (Open("encoder"), Open("cross"), Open("step"));
        var layers = Enumerable.Range(0, config.Text.Layers).ToArray();
        crossNames = [.. layers.SelectMany(layer => new[] { $"cross_k.{layer}", $"cross_v.{layer}" })];
        pastNames = [.. layers.SelectMany(layer => new[] { $"past_k.{layer}", $"past_v.{layer}" })];
        stepInputs = ["token", "position", .. crossNames, .. pastNames];
        stepOutputs = ["logits", .. layers.SelectMany(layer => new[] { $"k.{layer}", $"v.{layer}" })];
    }

    /// <inheritdoc/>
    public string Name => "onnxruntime";

    /// <inheritdoc/>
    public string Precision { get; }

    /// <inheritdoc/>
    public TimeSpan Rest => TimeSpan.FromMilliseconds(30);

    /// <inheritdoc/>
    public void SetPixels(ReadOnlySpan<float> pixels, int images)
    {
        this.images = images;
        Replace(ref this.pixels, OrtValue.CreateTensorValueFromMemory(
            pixels.ToArray(), [images, 3, config.Vision.ImageSize, config.Vision.ImageSize]));
    }

    /// <inheritdoc/>
    public void Encode() => Replace(ref embeddings, Run(encoder, ["pixel_values"], [pixels!], ["image_embeds"])[0]);

    /// <inheritdoc/>
    public void CrossKeysValues() => Replace(ref crossValues, Run(cross, ["image_embeds"], [embeddings!], crossNames));

    /// <inheritdoc/>
    public void PrepareToken(ReadOnlySpan<int> tokens)
    {
        Replace(ref past, EmptyPast());
        for (var at = 0; at < tokens.Length; at++)
        {
            Replace(ref token, Ids([.. Enumerable.Repeat((long)tokens[at], images)], images, 1));
            Replace(ref position, Ids([at], 1));
            if (at == tokens.Length - 1)
                return;
            var results = Step();
            Replace(ref logits, results[0]);
            Replace(ref past, results[1..]);
        }
    }

    /// <inheritdoc/>
    public void Token()
    {
        var results = Step();
        Replace(ref logits, results[0]);
        foreach (var value in results[1..])
            value.Dispose();
    }

    /// <inheritdoc/>
    public int[][] Caption(int tokens)
    {
        Encode();
        CrossKeysValues();
        Replace(ref past, EmptyPast());
        var captions = Enumerable.Range(0, images).Select(_ => new int[tokens]).ToArray();
        var next = Enumerable.Repeat((long)config.Text.BosTokenId, images).ToArray();
        for (var at = 0; at < tokens; at++)
        {
            Replace(ref token, Ids(next, images, 1));
            Replace(ref position, Ids([at], 1));
            var results = Step();
            Replace(ref logits, results[0]);
            Replace(ref past, results[1..]);
            var scores = results[0].GetTensorMutableDataAsSpan<float>();
            for (var image = 0; image < images; image++)
            {
                var row = scores.Slice(image * config.Text.VocabularySize, config.Text.VocabularySize);
                row[config.Text.SepTokenId] = float.NegativeInfinity;
                next[image] = captions[image][at] = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row);
            }
        }
        return captions;
    }

    /// <inheritdoc/>
    public float[] ReadEmbeddings() => embeddings!.GetTensorDataAsSpan<float>().ToArray();

    /// <inheritdoc/>
    public float[] ReadCrossKeysValues(int layer)
    {
        var (heads, size) = (config.Text.Heads, config.Text.HiddenSize / config.Text.Heads);
        var tokens = config.Vision.Tokens;
        var joined = new float[images * tokens * 2 * heads * size];
        for (var half = 0; half < 2; half++)
        {
            var source = crossValues[(2 * layer) + half].GetTensorDataAsSpan<float>();
            for (var row = 0; row < images * heads * tokens; row++)
            {
                var (image, head, at) = (row / tokens / heads, row / tokens % heads, row % tokens);
                source.Slice(row * size, size)
                    .CopyTo(joined.AsSpan((((((image * tokens) + at) * 2) + half) * heads * size) + (head * size)));
            }
        }
        return joined;
    }

    /// <inheritdoc/>
    public float[] ReadLogits() => logits!.GetTensorDataAsSpan<float>().ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var value in new[] { pixels, token, position, embeddings, logits }.Concat(crossValues).Concat(past))
            value?.Dispose();
        foreach (var session in new[] { encoder, cross, step })
            session.Dispose();
        runOptions.Dispose();
    }

    private OrtValue[] Step() => Run(step, stepInputs, [token!, position!, .. crossValues, .. past], stepOutputs);

    private OrtValue[] Run(InferenceSession session, IReadOnlyCollection<string> inputs, IReadOnlyCollection<OrtValue> values,
        IReadOnlyCollection<string> outputs) =>
        [.. session.Run(runOptions, inputs, values, outputs)];

    private OrtValue[] EmptyPast() =>
        [.. pastNames.Select(_ =>
            OrtValue.CreateTensorValueFromMemory(
                Array.Empty<float>(), [images, config.Text.Heads, 0, config.Text.HiddenSize / config.Text.Heads]))];

    private static OrtValue Ids(long[] values, params long[] shape) => OrtValue.CreateTensorValueFromMemory(values, shape);

    private static void Replace(ref OrtValue? value, OrtValue by)
    {
        value?.Dispose();
        value = by;
    }

    private static void Replace(ref OrtValue[] values, OrtValue[] by)
    {
        foreach (var value in values)
            value.Dispose();
        values = by;
    }
}
