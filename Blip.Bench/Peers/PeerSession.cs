using Blip.Bench.Peers.Onnx;
using Blip.Bench.Peers.Torch;
using Blip.Bench.Workloads;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using static TorchSharp.torch;

namespace Blip.Bench.Peers;

/// <summary>A run's models, loaded on first use.</summary>
internal sealed class PeerSession(PeerOptions options) : IDisposable
{
    private readonly Dictionary<(Precision, string), BlipWorks> blips = [];
    private readonly Dictionary<int, float[]> pixels = [];
    private readonly Dictionary<Precision, UnderstandingWorks> understanding = [];
    private readonly Dictionary<ScalarType, TorchWorks> torch = [];
    private readonly Dictionary<bool, OnnxWorks> onnx = [];
    private TorchUnderstanding? torchUnderstanding;

    public PeerOptions Options => options;

    /// <summary><c>synthetic:base</c>, as files.</summary>
    public ModelSource Source { get; } = ModelSource.Resolve(PeerFiles.Checkpoint());

    public TorchWorks Torch => TorchIn(ScalarType.Float32);

    /// <summary>libtorch with weights and activations of a type.</summary>
    public TorchWorks TorchIn(ScalarType type)
    {
        if (!torch.TryGetValue(type, out var works))
            torch.Add(type, works = new TorchWorks(Source, type));
        return works;
    }

    /// <summary>ONNX Runtime, fp32 or dynamically quantised.</summary>
    public OnnxWorks Onnx(bool int8 = false)
    {
        if (!onnx.TryGetValue(int8, out var works))
            onnx.Add(int8, works = new OnnxWorks(Source.Config, int8));
        return works;
    }

    public BlipWorks Blip(Precision precision, string device = "cpu")
    {
        if (!blips.TryGetValue((precision, device), out var works))
            blips.Add((precision, device),
                works = new BlipWorks(Source, new ModelOptions { Precision = precision, EncoderPrecision = options.Encoder }, device));
        return works;
    }

    /// <summary>A synthetic model whose weights fit every head, with the files' values.</summary>
    public ModelSource EveryHead { get; } = ModelSource.Synthetic(SyntheticModels.Config("base"));

    public TorchUnderstanding TorchUnderstanding => torchUnderstanding ??= new TorchUnderstanding(EveryHead);

    public UnderstandingWorks Understanding(Precision precision)
    {
        if (!understanding.TryGetValue(precision, out var works))
            understanding.Add(precision, works = new UnderstandingWorks(
                EveryHead, new ModelOptions { Precision = precision, EncoderPrecision = options.Encoder }));
        return works;
    }

    /// <summary>Sets images, then runs encoder and cross-attention's keys and values.</summary>
    public ICaptionWorks Ready(ICaptionWorks works, int images = 1)
    {
        works.SetPixels(Pixels(images), images);
        works.Encode();
        works.CrossKeysValues();
        return works;
    }

    /// <summary>The command line's precisions, or the work's own.</summary>
    public IReadOnlyList<Precision> Precisions(params string[] names) =>
        options.Precisions.Count > 0 ? options.Precisions : [.. names.Select(name => Enum.Parse<Precision>(name, ignoreCase: true))];

    /// <summary>Synthetic images <c>[images, 3, side, side]</c>; the first is the goldens'.</summary>
    public float[] Pixels(int images)
    {
        if (!pixels.TryGetValue(images, out var values))
        {
            var side = Source.Config.Vision.ImageSize;
            SyntheticTensors.Fill("pixel_values", 0.1, 1, values = new float[images * 3 * side * side]);
            pixels.Add(images, values);
        }
        return values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var works in blips.Values)
            works.Dispose();
        foreach (var works in understanding.Values)
            works.Dispose();
        foreach (var works in torch.Values)
            works.Dispose();
        foreach (var works in onnx.Values)
            works.Dispose();
        torchUnderstanding?.Dispose();
    }
}
