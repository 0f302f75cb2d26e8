using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Models;

/// <summary>
/// A BLIP on a device: the image encoder, which all heads share, and the weights of them all. One thread at a time.
/// </summary>
internal abstract class ImageTextModel : IDisposable
{
    // Texts of one run: enough for full matrix products, few enough that memory stays bounded.
    private const int RowsPerRun = 64;

    private const int TextPlans = 64;

    private readonly BlipGraphs graphs;
    private readonly Checkpoint tensors;
    private readonly PlanCache<(int Images, int Height, int Width)> visionPlans;
    private readonly PlanCache<(int Images, int ImageTokens)> keysValuesPlans;
    private readonly GrowingBuffer<float> pixels, results;
    private readonly TextInputs inputs;
    private readonly ImageStates own;
    private readonly Stack<IDisposable> owned = [];

    private protected ImageTextModel(ModelParts parts, BlipGraphs graphs)
    {
        (Config, Device, tensors, this.graphs, KeptPlans) = (parts.Config, parts.Device, Owned(parts.Tensors), graphs, parts.Options.KeptPlans);
        Weights = Owned(new WeightStore(Device, tensors, parts.Options.FormatOf, parts.Cache));
        Executor = Owned(new Executor(Device, Weights, parts.Options.Passes));
        var keysValues = Executor.Optimize(graphs.ImageKeysValues());
        visionPlans = Owned(new PlanCache<(int Images, int Height, int Width)>(
            key => Executor.Plan(Executor.Optimize(graphs.Vision(key.Height, key.Width)), ("images", key.Images)), KeptPlans));
        keysValuesPlans = Owned(new PlanCache<(int Images, int ImageTokens)>(
            key => Executor.Plan(keysValues, ("images", key.Images), ("image_tokens", key.ImageTokens)), KeptPlans));
        (pixels, results) = (Owned(new GrowingBuffer<float>(Device)), Owned(new GrowingBuffer<float>(Device)));
        inputs = Owned(new TextInputs(Device, Config.Text));
        own = Owned(new ImageStates(this, Device));
        Notices = parts.Cache?.Notices ?? (parts.Options.Cache ? ["the weights are made up and come from no file: there is nothing to keep a cache of"] : []);
    }

    /// <summary>What loading has to tell: why a cache was not used, or could not be written.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Tensors of the file that the model has no use for.</summary>
    public IReadOnlyList<string> ExtraKeys => tensors.ExtraKeys;

    /// <summary>The model's sizes, as <see cref="ModelOptions.Compat"/> has them.</summary>
    public BlipConfig Config { get; }

    /// <summary>Where it runs.</summary>
    public Device Device { get; }

    /// <summary>Its graphs as the executor runs them, for images of the config's size.</summary>
    public IEnumerable<ComputeGraph> Graphs => graphs.All().Select(Executor.Optimize);

    internal WeightStore Weights { get; }

    internal Executor Executor { get; }

    /// <inheritdoc cref="ModelOptions.KeptPlans"/>
    private protected int KeptPlans { get; }

    /// <summary>Memory for images <c>[images, 3, height, width]</c> on the device, normalised as the preprocessor's config says.</summary>
    public ArrayView<float> PixelBuffer(int images, int height, int width) => pixels.View(3L * images * height * width);

    /// <summary>
    /// Encodes the images in the pixel buffer. Sizes other than the config's interpolate the position embeddings.
    /// </summary>
    /// <param name="images">How many.</param>
    /// <param name="height">Their height in pixels.</param>
    /// <param name="width">Their width in pixels.</param>
    /// <param name="keep">
    /// True gives the caller memory of its own, to be disposed before the device; false the model's, which holds these images until the next
    /// call and costs no allocation.
    /// </param>
    /// <exception cref="ArgumentException">An image is smaller than one patch.</exception>
    public ImageStates Encode(int images, int height, int width, bool keep = false)
    {
        var states = keep ? new ImageStates(this, Device) : own;
        try
        {
            EncodeImages(states, images, height, width);
            Encoded(states);
            return states;
        }
        catch when (keep)
        {
            states.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes over what another model on the same device made of some images, in place of encoding them again. Both image encoders must have the
    /// same weights (<see cref="SharedEncoder"/>).
    /// </summary>
    /// <param name="states">Images of the other model.</param>
    /// <returns>The model's own memory, which holds these images until the next call.</returns>
    /// <exception cref="ArgumentException">The other model has another width or runs elsewhere.</exception>
    internal ImageStates Adopt(ImageStates states)
    {
        if (states.Model.Device != Device || states.Model.Config.Vision.HiddenSize != Config.Vision.HiddenSize)
            throw new ArgumentException("Images can be taken over from a model of the same width on the same device alone.", nameof(states));
        own.Reset(states.Images, states.Tokens);
        states.Embeddings.CopyTo(Device.Stream, own.Embeddings);
        Encoded(own);
        return own;
    }

    /// <summary>Copies single images, of one batch or of several, to memory of their own, in the order given.</summary>
    /// <param name="parts">Images of this model, all with the same number of tokens.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">There are none, one is of another model or is not there, or their sizes differ.</exception>
    public ImageStates Gather(IReadOnlyList<(ImageStates States, int Image)> parts)
    {
        if (parts.Count == 0)
            throw new ArgumentException("There are no images to gather; give at least one.", nameof(parts));
        foreach (var (states, image) in parts)
        {
            Check(states);
            CheckImage(states, image);
            if (states.Tokens != parts[0].States.Tokens)
                throw new ArgumentException($"Images of {parts[0].States.Tokens} and of {states.Tokens} tokens cannot be one batch.", nameof(parts));
        }
        var gathered = new ImageStates(this, Device);
        gathered.Reset(parts.Count, parts[0].States.Tokens);
        Copy(states => states.Embeddings, gathered.Embeddings);
        if (parts.All(part => part.States.HasKeysValues))
        {
            for (var layer = 0; layer < Config.Text.Layers; layer++)
                Copy(states => states.KeysValues(layer), gathered.KeysValues(layer));
            gathered.HasKeysValues = true;
        }
        return gathered;

        void Copy(Func<ImageStates, ArrayView<float>> source, ArrayView<float> target)
        {
            var each = target.Length / parts.Count;
            for (var i = 0; i < parts.Count; i++)
                source(parts[i].States).SubView(parts[i].Image * each, each).CopyTo(Device.Stream, target.SubView(i * each, each));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (owned.TryPop(out var disposable))
            disposable.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Plans the image encoder with what is watched; the caller runs it, reads the outputs and disposes it.</summary>
    internal Plan VisionPlan(RecordedOutputs watch, int images, int height, int width)
    {
        var plan = Executor.Plan(Executor.Optimize(graphs.Vision(height, width, watch)), ("images", images));
        plan.Bind(plan.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        return plan;
    }

    /// <summary>
    /// How much of each token before the image encoder is in each token behind it, by attention rollout, for the images in the pixel buffer.
    /// </summary>
    /// <param name="images">How many.</param>
    /// <param name="height">Their height in pixels.</param>
    /// <param name="width">Their width in pixels.</param>
    /// <returns>For each image <c>[tokens, tokens]</c>, the class token first; rows sum to 1.</returns>
    public float[][] ImageRollout(int images, int height, int width)
    {
        using var plan = Executor.Plan(Executor.Optimize(graphs.Vision(height, width, RecordedOutputs.Rollout).Keeping(VisionTower.Rollout)), ("images", images));
        plan.Bind(plan.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        plan.Run();
        var all = plan.ReadOutput(VisionTower.Rollout);
        return [.. all.Chunk(all.Length / images)];
    }

    /// <summary>Runs the image encoder over the pixel buffer.</summary>
    internal void EncodeImages(ImageStates states, int images, int height, int width)
    {
        var patch = Config.Vision.PatchSize;
        var vision = visionPlans.Get((images, height, width));
        states.Reset(images, 1 + (height / patch * (width / patch)));
        vision.Bind(vision.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        vision.Bind(vision.Graph.Output(BlipGraphs.ImageEmbeddings), states.Embeddings);
        vision.Run();
    }

    /// <summary>Computes what cross-attention reads of images, whether it is there already or not.</summary>
    internal void ComputeKeysValues(ImageStates states)
    {
        var plan = keysValuesPlans.Get((states.Images, states.Tokens));
        plan.Bind(plan.Graph.Input(BlipGraphs.ImageEmbeddings), states.Embeddings);
        for (var layer = 0; layer < Config.Text.Layers; layer++)
            plan.Bind(plan.Graph.Output(BlipGraphs.ImageName(layer)), states.KeysValues(layer));
        plan.Run();
        states.HasKeysValues = true;
    }

    /// <summary>Loads a checkpoint of a head and puts it on a device.</summary>
    private protected static TModel Load<TModel>(ModelSource source, BlipHead head, Device device, ModelOptions? options, Func<ModelParts, TModel> make)
        where TModel : ImageTextModel
    {
        options ??= new ModelOptions();
        var tensors = source.OpenCheckpoint(head);
        TModel? model = null;
        try
        {
            var file = options.Cache ? source.CacheFile(options.Kind, options.CacheFolder) : null;
            var cache = file is null ? null : new PackedCache(file, tensors, PackedWeights.LayoutVersion);
            model = make(new ModelParts(options.Compat.Apply(source.Config), device, tensors, options, cache));
            model.Weights.Load(model.Graphs);
            return model;
        }
        catch
        {
            if (model is null)
                tensors.Dispose();
            model?.Dispose();
            throw;
        }
    }

    /// <summary>Disposes it with the model, the last one first.</summary>
    private protected T Owned<T>(T disposable)
        where T : IDisposable
    {
        owned.Push(disposable);
        return disposable;
    }

    /// <summary>Plans of a graph over texts, images or both.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="outputs">Those of its outputs that are wanted; none for all.</param>
    private protected PlanCache<TextSizes> PlansOf(ComputeGraph graph, params string[] outputs)
    {
        var optimized = Executor.Optimize(outputs.Length == 0 ? graph : graph.Keeping(outputs));
        return Owned(new PlanCache<TextSizes>(sizes => Executor.Plan(optimized, sizes.Symbols), TextPlans));
    }

    /// <summary>Called when images were encoded.</summary>
    private protected virtual void Encoded(ImageStates states)
    {
    }

    /// <summary>Binds the images' keys and values, which are made at the first need.</summary>
    private void BindImages(Plan plan, ImageStates states)
    {
        if (!states.HasKeysValues)
            ComputeKeysValues(states);
        for (var layer = 0; layer < Config.Text.Layers; layer++)
            plan.Bind(plan.Graph.Input(BlipGraphs.ImageName(layer)), states.KeysValues(layer));
    }

    /// <summary>Runs a graph of image embeddings alone, with one output; one row for each image.</summary>
    private protected float[][] RunImages(PlanCache<TextSizes> plans, ImageStates states)
    {
        Check(states);
        var plan = plans.Get(new TextSizes(0, 0, states.Images, states.Tokens));
        plan.Bind(plan.Graph.Input(BlipGraphs.ImageEmbeddings), states.Embeddings);
        return Read(plan);
    }

    /// <summary>
    /// Runs a graph with one output over any number of texts, those of about one length together; one row <c>[width]</c> for each text, which
    /// is the one that it has alone.
    /// </summary>
    /// <param name="plans">The graph's plans.</param>
    /// <param name="texts">Ids of each text.</param>
    /// <param name="states">The images that the graph reads; null where it reads none.</param>
    /// <param name="imageOf">The image of each text; null where text and image have the same number, or there is one image.</param>
    private protected float[][] RunTexts(
        PlanCache<TextSizes> plans, IReadOnlyList<int[]> texts, ImageStates? states = null, IReadOnlyList<int>? imageOf = null)
    {
        var images = CheckTexts(texts, states, imageOf);
        var rows = new float[texts.Count][];
        foreach (var run in Enumerable.Range(0, texts.Count).OrderBy(text => texts[text].Length).Chunk(RowsPerRun))
        {
            var plan = BindTexts(plans, [.. run.Select(text => texts[text])], states, images is null ? null : [.. run.Select(text => images[text])]);
            foreach (var (text, row) in run.Zip(Read(plan)))
                rows[text] = row;
        }
        return rows;
    }

    /// <summary>The plan for checked texts, with their inputs bound.</summary>
    private protected Plan BindTexts(PlanCache<TextSizes> plans, IReadOnlyList<int[]> texts, ImageStates? states, int[]? images)
    {
        inputs.Set(texts, images);
        var plan = plans.Get(inputs.Sizes(states));
        inputs.Bind(plan);
        if (states is not null)
            BindImages(plan, states);
        return plan;
    }

    /// <summary>Plans a graph over texts outside the cache, with their inputs bound; the caller runs it and disposes it.</summary>
    private protected Plan PlanTexts(ComputeGraph graph, IReadOnlyList<int[]> texts, ImageStates? states, IReadOnlyList<int>? imageOf)
    {
        inputs.Set(texts, CheckTexts(texts, states, imageOf));
        var plan = Executor.Plan(Executor.Optimize(graph), inputs.Sizes(states).Symbols);
        inputs.Bind(plan);
        if (states is not null)
            BindImages(plan, states);
        return plan;
    }

    /// <summary>Checks texts and the images that they look at before any kernel meets them; returns the image of each.</summary>
    private protected int[]? CheckTexts(IReadOnlyList<int[]> texts, ImageStates? states, IReadOnlyList<int>? imageOf)
    {
        inputs.Check(texts);
        if (states is null)
            return null;
        Check(states);
        if (imageOf is null && states.Images != 1 && states.Images != texts.Count)
            throw new ArgumentException($"There are {texts.Count} texts for {states.Images} images: say which image each looks at.", nameof(imageOf));
        if (imageOf is not null && imageOf.Count != texts.Count)
            throw new ArgumentException($"There are {imageOf.Count} images named for {texts.Count} texts; name one for each.", nameof(imageOf));
        int[] images = imageOf is not null ? [.. imageOf] : [.. Enumerable.Range(0, texts.Count).Select(text => states.Images == 1 ? 0 : text)];
        foreach (var image in images)
            CheckImage(states, image);
        return images;
    }

    private protected void Check(ImageStates states)
    {
        if (states.Model != this)
            throw new ArgumentException("The images were encoded by another model; encode them with this one.", nameof(states));
    }

    private float[][] Read(Plan plan)
    {
        var value = plan.Graph.Outputs.Values.Single();
        var length = checked((int)plan.Length(value));
        plan.Bind(value, results.View(length));
        plan.Run();
        return [.. results.Read(length).Chunk(plan.Sizes.Of(value)[^1])];
    }

    private static void CheckImage(ImageStates states, int image)
    {
        if ((uint)image >= (uint)states.Images)
            throw new ArgumentException($"There is no image {image}; {states.Images} are encoded.", nameof(image));
    }
}
