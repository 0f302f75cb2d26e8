using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Bench.Workloads;

/// <summary>Our works: the steps of <c>Captioner</c> after the upload of pixels.</summary>
internal sealed class BlipWorks : IBeamWorks
{
    private readonly Kernels.Devices.Device device;
    private readonly CaptioningModel model;
    private readonly Generator generator;
    private readonly SpecialTokens specials;
    private DecodingState? state;
    private ArrayView<float> logits;
    private ImageStates? states;
    private int images;

    public BlipWorks(ModelSource source, ModelOptions options, string deviceName = "cpu")
    {
        device = Kernels.Devices.Device.Open(deviceName);
        Precision = options.Precision.ToString().ToLowerInvariant();
        model = CaptioningModel.Load(source, device, options);
        LoadedBytes = device.AllocatedBytes;
        generator = new Generator(device);
        specials = new SpecialTokens(source.Config.Text.BosTokenId, source.Config.Text.SepTokenId, source.Config.Text.PadTokenId);
    }

    /// <inheritdoc/>
    public string Name => "blip";

    /// <inheritdoc/>
    public string Precision { get; }

    /// <inheritdoc/>
    public TimeSpan Rest => TimeSpan.FromMilliseconds(2);

    /// <summary>Bytes on the device after loading.</summary>
    public long LoadedBytes { get; }

    public string Device => device.Description.Id;

    private int Side => model.Config.Vision.ImageSize;

    /// <inheritdoc/>
    public void SetPixels(ReadOnlySpan<float> pixels, int images)
    {
        this.images = images;
        using var upload = device.Upload(pixels);
        upload.View.CopyTo(device.Stream, model.Vision.PixelBuffer(images, Side, Side));
        device.Synchronize();
    }

    /// <inheritdoc/>
    public void Encode()
    {
        // The model's memory, which the encoder refills without keys and values.
        states ??= model.Encode(images, Side, Side);
        model.Vision.EncodeInto(states, images, Side, Side);
        device.Synchronize();
    }

    /// <inheritdoc/>
    public void CrossKeysValues()
    {
        model.Vision.ComputeKeysValues(states!);
        device.Synchronize();
    }

    /// <inheritdoc/>
    public void PrepareToken(ReadOnlySpan<int> tokens)
    {
        const int CapacityStep = 16;
        state?.Dispose();
        state = new DecodingState(device, images, 1, (tokens.Length + CapacityStep - 1) / CapacityStep * CapacityStep)
        {
            PromptTokens = 1,
            KeyTokens = 1,
        };
        Fill(state.Prompts, (_, _) => specials.Start);
        Fill(state.PromptLengths, (_, _) => 1);
        Fill(state.CacheRow, (row, _) => row);
        logits = model.Prefill(state);
        for (var position = 1; position < tokens.Length; position++)
        {
            var token = tokens[position];
            Fill(state.InputIds, (_, _) => token);
            Fill(state.Start, (_, _) => position);
            state.KeyTokens = position + 1;
            Token();
        }
    }

    /// <inheritdoc/>
    public void Token()
    {
        logits = model.Step(state!);
        device.Synchronize();
    }

    /// <summary>One token of the model's draft, after <see cref="PrepareToken"/>.</summary>
    public void DraftToken()
    {
        logits = model.DraftStep(state!);
        device.Synchronize();
    }

    /// <summary>Several tokens at once, after <see cref="PrepareToken"/>, as to verify a draft.</summary>
    public void Tokens(int count)
    {
        logits = model.Steps(state!, state!.Prompts.View.SubView(0, count));
        device.Synchronize();
    }

    /// <inheritdoc/>
    public int[][] Caption(int tokens) => Search(tokens, 1);

    /// <inheritdoc/>
    public int[][] Search(int tokens, int beams)
    {
        states = model.Encode(images, Side, Side);
        var options = new GenerationOptions { MinNewTokens = tokens, MaxNewTokens = tokens, NumBeams = beams };
        var captions = generator.Generate(model, [.. Enumerable.Repeat(new[] { specials.Start }, images)], specials, options);
        return [.. captions.Select(sequences => sequences[0].Tokens[1..])];
    }

    /// <inheritdoc/>
    public float[] ReadEmbeddings() => Read(states!.Embeddings);

    /// <inheritdoc/>
    public float[] ReadCrossKeysValues(int layer) => Read(states!.KeysValues(layer));

    /// <inheritdoc/>
    public float[] ReadLogits() => Read(logits);

    /// <inheritdoc/>
    public void Dispose()
    {
        state?.Dispose();
        generator.Dispose();
        model.Dispose();
        device.Dispose();
    }

    private void Fill(MirroredArray<int> array, Func<int, int, int> value)
    {
        var columns = array.Length / images;
        array.CopyFrom([.. Enumerable.Range(0, array.Length).Select(index => value(index / columns, index % columns))]);
    }

    private float[] Read(ArrayView<float> view)
    {
        using var copy = device.Allocate<float>(view.Length, zeroed: false);
        view.CopyTo(device.Stream, copy.View);
        return copy.ToArray();
    }
}
