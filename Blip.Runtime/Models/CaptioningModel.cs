using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipForConditionalGeneration</c> on a device: the image encoder and the text decoder, their weights and caches.
/// One thread at a time; generation drives it through <see cref="ITextDecoder"/>.
/// </summary>
public sealed class CaptioningModel : ITextDecoder, ICrossAttentionSource, IDisposable
{
    private const string OutputKey = "text_decoder.cls.predictions.decoder.weight";

    private readonly Checkpoint tensors;
    private readonly WeightStore weights;
    private readonly Executor executor;
    private readonly CaptioningGraphs graphs;
    private readonly PlanCache<(int Images, int Height, int Width)> visionPlans;
    private readonly PlanCache<(int Images, int ImageTokens)> imagePlans;
    private readonly PlanCache<(int Rows, int Tokens, int CacheRows, int Capacity, int Images, int ImageTokens)> promptPlans;
    private readonly PlanCache<(int Rows, int Capacity, int Images, int ImageTokens)> stepPlans;
    private readonly GrowingBuffer<float> pixels, embeddings, logits;
    private readonly GrowingBuffer<float>[] imageKeysValues, keyCache, valueCache;
    private readonly GrowingBuffer<int> promptRow;
    private Plan? step;
    private DecodingState? prepared;
    private int images, imageTokens;

    private CaptioningModel(BlipConfig config, Device device, Checkpoint tensors, ModelOptions options, PackedCache? cache)
    {
        (Config, Device, this.tensors) = (config, device, tensors);
        graphs = new CaptioningGraphs(config, tensors.HasTiedOutput ? null : OutputKey);
        weights = new WeightStore(device, tensors, options.FormatOf, cache);
        executor = new Executor(device, weights, options.Passes);

        var (imageGraph, promptGraph, stepGraph) =
            (executor.Optimize(graphs.ImageKeysValues()), executor.Optimize(graphs.Prompt()), executor.Optimize(graphs.Step()));
        visionPlans = new(key => executor.Plan(executor.Optimize(graphs.Vision(key.Height, key.Width)), ("images", key.Images)));
        imagePlans = new(key => executor.Plan(imageGraph, ("images", key.Images), ("image_tokens", key.ImageTokens)));
        promptPlans = new(key => executor.Plan(
            promptGraph, ("rows", key.Rows), ("tokens", key.Tokens), ("cache_rows", key.CacheRows), ("capacity", key.Capacity),
            ("images", key.Images), ("image_tokens", key.ImageTokens)));
        stepPlans = new(key => executor.Plan(
            stepGraph, ("rows", key.Rows), ("cache_rows", key.Rows), ("capacity", key.Capacity), ("images", key.Images), ("image_tokens", key.ImageTokens)));

        (pixels, embeddings, logits, promptRow) = (new(device), new(device), new(device), new(device));
        GrowingBuffer<float>[] PerLayer() => [.. Enumerable.Range(0, config.Text.Layers).Select(_ => new GrowingBuffer<float>(device))];
        (imageKeysValues, keyCache, valueCache) = (PerLayer(), PerLayer(), PerLayer());

        var side = config.Vision.ImageSize;
        weights.Load(executor.Optimize(graphs.Vision(side, side)), imageGraph, promptGraph, stepGraph);
        Notices = cache?.Notices ?? (options.Cache ? ["the weights are made up and come from no file: there is nothing to keep a cache of"] : []);
    }

    /// <summary>What loading has to tell: why a cache was not used, or could not be written.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Tensors of the file that the model has no use for.</summary>
    public IReadOnlyList<string> ExtraKeys => tensors.ExtraKeys;

    /// <summary>The model's sizes.</summary>
    public BlipConfig Config { get; }

    /// <summary>Where it runs.</summary>
    public Device Device { get; }

    /// <inheritdoc/>
    public int VocabularySize => Config.Text.VocabularySize;

    /// <inheritdoc/>
    public int MaxPositions => Config.Text.MaxPositions;

    /// <summary>Its graphs as the executor runs them, for pictures of the config's size.</summary>
    public IEnumerable<ComputeGraph> Graphs =>
        new[] { graphs.Vision(Config.Vision.ImageSize, Config.Vision.ImageSize), graphs.ImageKeysValues(), graphs.Prompt(), graphs.Step() }.Select(executor.Optimize);

    /// <summary>Loads a captioning checkpoint.</summary>
    /// <param name="source">Config and tensors.</param>
    /// <param name="device">Where it is to run; it stays the caller's.</param>
    /// <param name="options">Precision and passes; null for the defaults.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or has another shape than the config asks for.</exception>
    public static CaptioningModel Load(ModelSource source, Device device, ModelOptions? options = null)
    {
        var tensors = source.OpenCheckpoint(BlipHead.Captioning);
        try
        {
            options ??= new ModelOptions();
            var file = options.Cache ? source.CacheFile(options.Kind, options.CacheFolder) : null;
            var cache = file is null ? null : new PackedCache(file, tensors, PackedWeights.LayoutVersion);
            return new CaptioningModel(source.Config, device, tensors, options, cache);
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }

    /// <summary>Memory for pictures <c>[images, 3, height, width]</c> on the device, normalised as the preprocessor's config says.</summary>
    public ArrayView<float> PixelBuffer(int images, int height, int width) => pixels.View(3L * images * height * width);

    /// <summary>
    /// Encodes the pictures in the pixel buffer, and computes what the decoder's cross-attention reads of them.
    /// Sizes other than the config's interpolate the position embeddings.
    /// </summary>
    /// <returns>Image embeddings <c>[images, image tokens, hidden]</c>, valid until the next call.</returns>
    /// <exception cref="ArgumentException">A picture is smaller than one patch.</exception>
    public ArrayView<float> Encode(int images, int height, int width)
    {
        var image = EncodeImages(images, height, width);
        ComputeImageKeysValues();
        return image;
    }

    /// <summary>The first half of <see cref="Encode"/>, which a benchmark times alone.</summary>
    internal ArrayView<float> EncodeImages(int images, int height, int width)
    {
        var patch = Config.Vision.PatchSize;
        (this.images, imageTokens) = (images, 1 + (height / patch * (width / patch)));
        var vision = visionPlans.Get((images, height, width));
        vision.Bind(vision.Graph.Input(CaptioningGraphs.Pixels), PixelBuffer(images, height, width));
        vision.Bind(vision.Graph.Output(CaptioningGraphs.ImageEmbeddings), Embeddings());
        vision.Run();
        return Embeddings();
    }

    /// <summary>The second half of <see cref="Encode"/>: what cross-attention reads of the pictures that were encoded last.</summary>
    internal void ComputeImageKeysValues()
    {
        var plan = imagePlans.Get((images, imageTokens));
        plan.Bind(plan.Graph.Input(CaptioningGraphs.ImageEmbeddings), Embeddings());
        for (var layer = 0; layer < imageKeysValues.Length; layer++)
            plan.Bind(plan.Graph.Output(CaptioningGraphs.ImageName(layer)), ImageKeysValues(layer));
        plan.Run();
    }

    /// <inheritdoc/>
    public object? StepIdentity => step?.Memory;

    /// <inheritdoc/>
    public ArrayView<float> Prefill(DecodingState state)
    {
        if (state.Images != images)
            throw new ArgumentException($"The state is for {state.Images} images, and {images} are encoded.", nameof(state));
        var (rows, capacity) = (state.Rows, state.Capacity);
        var prompt = promptPlans.Get((images, state.PromptTokens, rows, capacity, images, imageTokens));
        step = stepPlans.Get((rows, capacity, images, imageTokens));
        foreach (var plan in (ReadOnlySpan<Plan>)[prompt, step])
        {
            for (var layer = 0; layer < keyCache.Length; layer++)
            {
                var length = (long)rows * capacity * Config.Text.HiddenSize;
                plan.Bind(plan.Graph.Input(CaptioningGraphs.KeyCacheName(layer)), keyCache[layer].View(length));
                plan.Bind(plan.Graph.Input(CaptioningGraphs.ValueCacheName(layer)), valueCache[layer].View(length));
                plan.Bind(plan.Graph.Input(CaptioningGraphs.ImageName(layer)), ImageKeysValues(layer));
            }
            plan.Bind(plan.Graph.Input(CaptioningGraphs.Start), state.Start.View);
            plan.Bind(plan.Graph.Output(CaptioningGraphs.Logits), logits.View((long)rows * VocabularySize));
        }

        // Every beam of an image continues the one prompt that its first row keeps.
        var firstRows = promptRow.Fill([.. Enumerable.Range(0, images).Select(image => image * state.Beams)]);
        prompt.Bind(prompt.Graph.Input(CaptioningGraphs.Ids), state.Prompts.View);
        prompt.Bind(prompt.Graph.Input(CaptioningGraphs.PromptLengths), state.PromptLengths.View);
        prompt.Bind(prompt.Graph.Input(CaptioningGraphs.CacheRow), firstRows);
        prompt.Bind(prompt.Graph.Input(CaptioningGraphs.WriteRow), firstRows);
        step.Bind(step.Graph.Input(CaptioningGraphs.Ids), state.InputIds.View);
        step.Bind(step.Graph.Input(CaptioningGraphs.CacheRow), state.CacheRow.View);
        step.Bind(step.Graph.Input(CaptioningGraphs.ImageRow), state.ImageRow.View);
        prepared = state;
        prompt.Run();
        return prompt.Output(CaptioningGraphs.Logits);
    }

    /// <inheritdoc/>
    public ArrayView<float> Step(DecodingState state)
    {
        if (step is null || state != prepared)
            throw new InvalidOperationException("A step needs the prompt of the same state before it.");
        step.Run();
        return step.Output(CaptioningGraphs.Logits);
    }

    /// <inheritdoc/>
    /// <remarks>The word at position t was chosen by the query at position t - 1.</remarks>
    /// <exception cref="ArgumentException">A token is outside the vocabulary, or the image not among those that are encoded.</exception>
    public CrossAttention CrossAttention(int image, ReadOnlySpan<int> tokens)
    {
        var layers = Enumerable.Range(0, Config.Text.Layers).Select(layer => $"text_decoder.bert.encoder.layer.{layer}.crossattention.self.probabilities").ToList();
        using var plan = Whole(Watch.CrossAttentions, tokens, tokens.Length, [image], [], layers);
        plan.Run();
        return new CrossAttention(layers.Count, Config.Text.Heads, tokens.Length, imageTokens, [.. layers.SelectMany(plan.ReadOutput)]);
    }

    /// <summary>Plans the decoder over whole captions; with the outputs that are named, or all; the caller runs it and disposes it.</summary>
    internal Plan Whole(Watch watch, ReadOnlySpan<int> ids, int tokens, ReadOnlySpan<int> imageRow, ReadOnlySpan<int> mask, IReadOnlyList<string>? outputs)
    {
        var rows = imageRow.Length;
        if (ids.Length != rows * tokens || tokens > MaxPositions || rows == 0)
            throw new ArgumentException($"{ids.Length} ids are not {rows} rows of {tokens} tokens, at most {MaxPositions}.", nameof(ids));
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)VocabularySize)
                throw new ArgumentException($"The token {id} is outside the vocabulary of {VocabularySize}.", nameof(ids));
        }
        foreach (var row in imageRow)
        {
            if ((uint)row >= (uint)images)
                throw new ArgumentException($"There is no image {row}; {images} are encoded.", nameof(imageRow));
        }

        var recorded = graphs.Whole(watch, padded: mask.Length > 0);
        var graph = executor.Optimize(outputs is null ? recorded : recorded.Keeping(outputs));
        var plan = executor.Plan(graph, ("rows", rows), ("tokens", tokens), ("images", images), ("image_tokens", imageTokens));
        plan.BindOwned(graph.Input(CaptioningGraphs.Ids), ids);
        plan.BindOwned(graph.Input(CaptioningGraphs.ImageRow), imageRow);
        if (mask.Length > 0)
            plan.BindOwned(graph.Input(CaptioningGraphs.Mask), mask);
        for (var layer = 0; layer < imageKeysValues.Length; layer++)
            plan.Bind(graph.Input(CaptioningGraphs.ImageName(layer)), ImageKeysValues(layer));
        return plan;
    }

    /// <summary>Plans the image encoder with what is watched; the caller runs it, reads the outputs and disposes it.</summary>
    internal Plan VisionPlan(Watch watch, int images, int height, int width)
    {
        var plan = executor.Plan(executor.Optimize(graphs.Vision(height, width, watch)), ("images", images));
        plan.Bind(plan.Graph.Input(CaptioningGraphs.Pixels), PixelBuffer(images, height, width));
        return plan;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var disposable in (IEnumerable<IDisposable>)
            [visionPlans, imagePlans, promptPlans, stepPlans, pixels, embeddings, logits, promptRow, .. imageKeysValues, .. keyCache, .. valueCache, executor, weights, tensors])
            disposable.Dispose();
    }

    /// <summary>A layer's keys and values of the pictures, <c>[images, image tokens, 2·hidden]</c>.</summary>
    internal ArrayView<float> ImageKeysValues(int layer) => imageKeysValues[layer].View((long)images * imageTokens * 2 * Config.Text.HiddenSize);

    private ArrayView<float> Embeddings() => embeddings.View((long)images * imageTokens * Config.Vision.HiddenSize);
}
