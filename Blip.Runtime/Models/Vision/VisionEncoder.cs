using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Models;

/// <summary>The image encoder on a device: from pixels to embeddings, and to keys and values for a text tower's cross-attention.</summary>
internal sealed class VisionEncoder
{
    private readonly ModelContext context;
    private readonly BlipGraphs graphs;
    private readonly PlanCache<(int Images, int Height, int Width)> plans;
    private readonly PlanCache<(int Images, int ImageTokens)> keysValuesPlans;
    private readonly GrowingBuffer<float> pixels;
    private readonly ImageStates own;

    public VisionEncoder(ModelContext context, BlipGraphs graphs)
    {
        (this.context, this.graphs) = (context, graphs);
        var keysValues = Executor.Optimize(graphs.ImageKeysValues());
        plans = PlansOf(graphs.Vision);
        keysValuesPlans = context.Own(new PlanCache<(int Images, int ImageTokens)>(
            key => Executor.Plan(keysValues, ("images", key.Images), ("image_tokens", key.ImageTokens)), context.KeptPlans));
        pixels = context.Own(new GrowingBuffer<float>(Device));
        own = context.Own(new ImageStates(this));
    }

    /// <summary>The model's sizes.</summary>
    public BlipConfig Config => context.Config;

    /// <summary>Where it runs.</summary>
    public Device Device => context.Device;

    /// <inheritdoc cref="BlipGraphs.ImageAttentions"/>
    internal IReadOnlyList<ModulePath> ImageAttentions => graphs.ImageAttentions;

    private Executor Executor => context.Executor;

    /// <summary>Memory for images <c>[images, 3, height, width]</c> on the device, normalised as the preprocessor's config says.</summary>
    public ArrayView<float> PixelBuffer(int images, int height, int width) => pixels.View(3L * images * height * width);

    /// <summary>
    /// Encodes the images in the pixel buffer. Sizes other than the config's interpolate the position embeddings.
    /// </summary>
    /// <param name="images">How many.</param>
    /// <param name="height">Their height in pixels.</param>
    /// <param name="width">Their width in pixels.</param>
    /// <param name="keep">
    /// True gives the caller separate memory, to be disposed before the device; false the model's, which holds these images until the next
    /// call and costs no allocation.
    /// </param>
    /// <exception cref="ArgumentException">An image is smaller than one patch.</exception>
    public ImageStates Encode(int images, int height, int width, bool keep = false)
    {
        var states = keep ? new ImageStates(this) : own;
        try
        {
            EncodeInto(states, images, height, width);
            return states;
        }
        catch when (keep)
        {
            states.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes over another model's embeddings of some images on the same device, in place of encoding them again. Both image encoders must have the
    /// same weights (<see cref="SharedEncoder"/>).
    /// </summary>
    /// <param name="states">Images of the other model.</param>
    /// <returns>The model's own memory, which holds these images until the next call.</returns>
    /// <exception cref="ArgumentException">The other model has another width or runs elsewhere.</exception>
    internal ImageStates Adopt(ImageStates states)
    {
        if (states.Encoder.Device != Device || states.Encoder.Config.Vision.HiddenSize != Config.Vision.HiddenSize)
            throw new ArgumentException("Images can be taken over from a model of the same width on the same device alone.", nameof(states));
        own.Reset(states.Images, states.Tokens);
        states.Embeddings.CopyTo(Device.Stream, own.Embeddings);
        return own;
    }

    /// <summary>Copies single images, of one batch or of several, to separate memory, in the order given.</summary>
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
        var gathered = new ImageStates(this);
        gathered.Reset(parts.Count, parts[0].States.Tokens);
        Copy(states => states.Embeddings, gathered.Embeddings);
        if (parts.All(part => part.States.HasKeysValues))
        {
            for (var attention = 0; attention < ImageAttentions.Count; attention++)
                Copy(states => states.KeysValues(attention), gathered.KeysValues(attention));
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

    /// <summary>Copies clips to separate memory, each as one image that has the tokens of all its frames, for texts over a clip.</summary>
    /// <param name="states">Frames of clips, those of a clip one behind the other.</param>
    /// <param name="firsts">The first frame of each clip.</param>
    /// <param name="frames">Frames of each.</param>
    /// <returns>The caller's to dispose: <c>[clips, frames · tokens, hidden]</c>.</returns>
    /// <exception cref="ArgumentException">There are no clips, the frames are of another model, or one is not there.</exception>
    public ImageStates Join(ImageStates states, IReadOnlyList<int> firsts, int frames)
    {
        var joined = Gather([.. firsts.SelectMany(first => Enumerable.Range(first, frames).Select(frame => (states, frame)))]);
        joined.Group(frames);
        return joined;
    }

    /// <summary>Plans the image encoder with recorded outputs; the caller runs it, reads the outputs and disposes it.</summary>
    internal Plan Plan(RecordedOutputs watch, int images, int height, int width)
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
    public float[][] Rollout(int images, int height, int width)
    {
        using var plan = Executor.Plan(Executor.Optimize(graphs.Vision(height, width, RecordedOutputs.Rollout).Keeping(VisionTower.Rollout)), ("images", images));
        plan.Bind(plan.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        plan.Run();
        var all = plan.ReadOutput(VisionTower.Rollout);
        return [.. all.Chunk(all.Length / images)];
    }

    /// <summary>Plans of a graph over pixels.</summary>
    /// <param name="graph">The graph for images of a height and a width.</param>
    public PlanCache<(int Images, int Height, int Width)> PlansOf(Func<int, int, ComputeGraph> graph) => context.Own(new PlanCache<(int Images, int Height, int Width)>(
        key => Executor.Plan(Executor.Optimize(graph(key.Height, key.Width)), ("images", key.Images)), context.KeptPlans));

    /// <summary>Runs a graph with one output over the images in the pixel buffer; one row for each image.</summary>
    /// <param name="plans">The graph's plans.</param>
    /// <param name="images">How many.</param>
    /// <param name="height">Their height in pixels.</param>
    /// <param name="width">Their width in pixels.</param>
    public float[][] Run(PlanCache<(int Images, int Height, int Width)> plans, int images, int height, int width)
    {
        var plan = plans.Get((images, height, width));
        plan.Bind(plan.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        plan.Run();
        var all = plan.ReadOutput(plan.Graph.Outputs.Keys.Single());
        return [.. all.Chunk(all.Length / images)];
    }

    /// <summary>Runs the image encoder over the pixel buffer.</summary>
    internal void EncodeInto(ImageStates states, int images, int height, int width)
    {
        var patch = Config.Vision.PatchSize;
        var vision = plans.Get((images, height, width));
        states.Reset(images, 1 + (height / patch * (width / patch)));
        vision.Bind(vision.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        vision.Bind(vision.Graph.Output(BlipGraphs.ImageEmbeddings), states.Embeddings);
        vision.Run();
    }

    /// <summary>Computes keys and values of images for cross-attention, also where they are there already.</summary>
    internal void ComputeKeysValues(ImageStates states)
    {
        ComputeKeysValues(states, states, place: 0);
        states.HasKeysValues = true;
    }

    /// <summary>Computes keys and values of images for cross-attention, and writes them among the others'.</summary>
    /// <param name="states">The images.</param>
    /// <param name="target">Keys and values of images with as many tokens.</param>
    /// <param name="place">The place of the first image there; the others lie behind it.</param>
    internal void ComputeKeysValues(ImageStates states, ImageStates target, int place)
    {
        var plan = keysValuesPlans.Get((states.Images, states.Tokens));
        var each = 2L * states.Tokens * Config.Text.HiddenSize;
        plan.Bind(plan.Graph.Input(BlipGraphs.ImageEmbeddings), states.Embeddings);
        for (var attention = 0; attention < ImageAttentions.Count; attention++)
            plan.Bind(plan.Graph.Output(BlipGraphs.ImageName(attention)), target.KeysValues(attention).SubView(place * each, states.Images * each));
        plan.Run();
    }

    /// <summary>Refuses images that another model encoded.</summary>
    /// <exception cref="ArgumentException">They are.</exception>
    public void Check(ImageStates states)
    {
        if (states.Encoder != this)
            throw new ArgumentException("The images were encoded by another model; encode them with this one.", nameof(states));
    }

    /// <summary>Refuses an index beyond the images.</summary>
    /// <exception cref="ArgumentException">It is.</exception>
    public static void CheckImage(ImageStates states, int image)
    {
        if ((uint)image >= (uint)states.Images)
            throw new ArgumentException($"There is no image {image}; {states.Images} are encoded.", nameof(image));
    }
}
