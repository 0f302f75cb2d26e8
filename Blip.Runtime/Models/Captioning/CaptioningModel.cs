using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipForConditionalGeneration</c> on a device. Generation drives it through <see cref="ITextDecoder"/>. One thread at a time.
/// </summary>
internal sealed class CaptioningModel : BlipModel, IContinuousDecoder, IDraftedDecoder, ICrossAttentionSource
{
    private readonly CachedDecoder decoder;
    private readonly Func<int, ArrayView<float>> keysValues;
    private readonly ImageStates places;
    private ImageStates? seen;
    private int capacity;

    private readonly CaptionDraft draft;

    private CaptioningModel(ModelContext context, CaptioningGraphs graphs, ModelOptions options)
        : base(context, graphs)
    {
        decoder = context.Own(new CachedDecoder(Executor, Config.Text, graphs.Decoder, context.KeptPlans));
        places = context.Own(new ImageStates(Vision));
        keysValues = layer => seen!.KeysValues(layer);
        draft = new CaptionDraft(context, decoder, graphs, options);
    }

    /// <inheritdoc/>
    public int VocabularySize => Config.Text.VocabularySize;

    /// <inheritdoc/>
    public int MaxPositions => Config.Text.MaxPositions;

    private DecoderSource Source => new(seen?.Images ?? 0, seen?.Tokens ?? 0, keysValues);

    /// <summary>Loads a captioning checkpoint.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape than the config's.</exception>
    public static CaptioningModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(
            new ModelContext(source, BlipHead.Captioning, device, options),
            context => new CaptioningModel(
                context, new CaptioningGraphs(context.Config, context.OutputMatrix), options ?? new ModelOptions()));

    /// <summary>Encodes the images in the pixel buffer and captions them from now on.</summary>
    /// <inheritdoc cref="VisionEncoder.Encode"/>
    public ImageStates Encode(int images, int height, int width, bool keep = false)
    {
        var states = Vision.Encode(images, height, width, keep);
        try
        {
            Use(states);
            return states;
        }
        catch when (keep)
        {
            states.Dispose();
            throw;
        }
    }

    /// <summary>Captions these images from now on.</summary>
    /// <exception cref="ArgumentException">They belong to another model.</exception>
    public void Use(ImageStates states)
    {
        Vision.Check(states);
        if (!states.HasKeysValues)
            Vision.ComputeKeysValues(states);
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
    public ArrayView<float> Step(DecodingState state)
    {
        draft.Count(state);
        return decoder.Step(state);
    }

    /// <inheritdoc/>
    public bool HasDraft => draft.IsThere();

    /// <inheritdoc/>
    public ArrayView<float> DraftStep(DecodingState draft) => decoder.DraftStep(draft);

    /// <inheritdoc/>
    public ArrayView<float> Steps(DecodingState state, ArrayView<int> ids) => decoder.Steps(state, ids);

    /// <inheritdoc/>
    public void Reserve(int rows, int capacity)
    {
        places.Reset(rows, places.Tokens);
        this.capacity = capacity;
        decoder.Reserve(rows, capacity);
    }

    /// <summary>
    /// Encodes the images in the pixel buffer for rows that come and go; the first goes to <paramref name="place"/>, the others follow.
    /// All images of a batch have one size.
    /// </summary>
    /// <inheritdoc cref="VisionEncoder.Encode"/>
    public void EncodeAt(int place, int images, int height, int width)
    {
        var states = Vision.Encode(images, height, width);
        if (places.Tokens != states.Tokens)
            places.Reset(places.Images, states.Tokens);
        Vision.ComputeKeysValues(states, places, place);
    }

    /// <inheritdoc/>
    public ArrayView<float> Prefill(DecodingState state, int place, int row) => decoder.Prefill(state, Places(place, state.Images), row);

    /// <inheritdoc/>
    public void Continue(DecodingState state, ReadOnlySpan<int> places) => decoder.Continue(state, Places(0, this.places.Images), places);

    /// <inheritdoc/>
    public void MoveRow(int from, int to, int tokens) => decoder.MoveRow(from, to, tokens, capacity);

    private DecoderSource Places(int first, int count)
    {
        var each = 2L * places.Tokens * Config.Text.HiddenSize;
        return new DecoderSource(count, places.Tokens, layer => places.KeysValues(layer).SubView(first * each, count * each));
    }

    /// <inheritdoc/>
    /// <remarks>The token at position t was chosen by the query at position t - 1.</remarks>
    /// <exception cref="ArgumentException">A token is outside the vocabulary, or there is no such image.</exception>
    public CrossAttention CrossAttention(int image, ReadOnlySpan<int> tokens) =>
        CrossAttention(image, tokens, AttentionMethod.CrossAttention);

    /// <summary>
    /// Cross-attention by the given method. <see cref="AttentionMethod.Rollout"/> ends at the image encoder's output;
    /// <see cref="VisionEncoder.Rollout"/> continues from there.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A token is outside the vocabulary, there is no such image, or the method does not apply to captions.
    /// </exception>
    public CrossAttention CrossAttention(int image, ReadOnlySpan<int> tokens, AttentionMethod method) =>
        decoder.CrossAttention(Source, image, tokens, method);

    /// <summary>Plans the decoder over whole captions, with the named outputs or all; the caller runs and disposes it.</summary>
    internal Plan Whole(RecordedOutputs watch, ReadOnlySpan<int> ids, int tokens, ReadOnlySpan<int> imageRow, ReadOnlySpan<int> mask,
        IReadOnlyList<string>? outputs) =>
        decoder.Whole(Source, watch, ids, tokens, imageRow, mask, outputs);
}
