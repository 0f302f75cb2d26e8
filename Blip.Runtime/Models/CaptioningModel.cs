using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipForConditionalGeneration</c> on a device: the image encoder and the text decoder, their weights and caches.
/// One thread at a time; generation drives it through <see cref="ITextDecoder"/>.
/// </summary>
internal sealed class CaptioningModel : ImageTextModel, ITextDecoder, ICrossAttentionSource
{
    private readonly CachedDecoder decoder;
    private readonly Func<int, ArrayView<float>> keysValues;
    private ImageStates? seen;

    private CaptioningModel(ModelParts parts, CaptioningGraphs graphs)
        : base(parts, graphs)
    {
        decoder = Owned(new CachedDecoder(Executor, Config.Text, graphs.Decoder, KeptPlans));
        keysValues = layer => seen!.KeysValues(layer);
    }

    /// <inheritdoc/>
    public int VocabularySize => Config.Text.VocabularySize;

    /// <inheritdoc/>
    public int MaxPositions => Config.Text.MaxPositions;

    private DecoderSource Source => new(seen?.Images ?? 0, seen?.Tokens ?? 0, keysValues);

    /// <summary>Loads a captioning checkpoint.</summary>
    /// <param name="source">Config and tensors.</param>
    /// <param name="device">Where it is to run; it stays the caller's.</param>
    /// <param name="options">Precision and passes; null for the defaults.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or has another shape than the config asks for.</exception>
    public static CaptioningModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(source, BlipHead.Captioning, device, options, parts => new CaptioningModel(parts, new CaptioningGraphs(parts.Config, parts.OutputMatrix)));

    /// <summary>Captions these images from now on; <see cref="ImageTextModel.Encode"/> does it by itself.</summary>
    /// <exception cref="ArgumentException">They are of another model.</exception>
    public void Use(ImageStates states)
    {
        Check(states);
        if (!states.HasKeysValues)
            ComputeKeysValues(states);
        decoder.Forget();
        seen = states;
    }

    /// <inheritdoc/>
    public object? StepIdentity => decoder.StepIdentity;

    /// <inheritdoc/>
    public ArrayView<float> Prefill(DecodingState state)
    {
        if (state.Images != Source.Rows)
            throw new ArgumentException($"The state is for {state.Images} images, and {Source.Rows} are encoded.", nameof(state));
        return decoder.Prefill(state, Source);
    }

    /// <inheritdoc/>
    public ArrayView<float> Step(DecodingState state) => decoder.Step(state);

    /// <inheritdoc/>
    /// <remarks>The word at position t was chosen by the query at position t - 1.</remarks>
    /// <exception cref="ArgumentException">A token is outside the vocabulary, or the image not among those that are encoded.</exception>
    public CrossAttention CrossAttention(int image, ReadOnlySpan<int> tokens) => CrossAttention(image, tokens, AttentionMethod.CrossAttention);

    /// <summary>The same by another method.</summary>
    /// <param name="image">Index among the encoded images.</param>
    /// <param name="tokens">The sequence from its start token.</param>
    /// <param name="method"><see cref="AttentionMethod.Rollout"/> ends at the image encoder's output; <see cref="ImageTextModel.ImageRollout"/> goes on from there.</param>
    /// <exception cref="ArgumentException">A token is outside the vocabulary, the image not there, or the method is not for captions.</exception>
    public CrossAttention CrossAttention(int image, ReadOnlySpan<int> tokens, AttentionMethod method) => decoder.CrossAttention(Source, image, tokens, method);

    /// <summary>Plans the decoder over whole captions; with the outputs that are named, or all; the caller runs it and disposes it.</summary>
    internal Plan Whole(RecordedOutputs watch, ReadOnlySpan<int> ids, int tokens, ReadOnlySpan<int> imageRow, ReadOnlySpan<int> mask, IReadOnlyList<string>? outputs) =>
        decoder.Whole(Source, watch, ids, tokens, imageRow, mask, outputs);

    private protected override void Encoded(ImageStates states) => Use(states);
}
