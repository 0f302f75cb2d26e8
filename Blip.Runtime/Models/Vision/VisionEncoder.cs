using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Models;

/// <summary>The image encoder on a device: pixels → embeddings → keys and values for a text tower's cross-attention.</summary>
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

    public BlipConfig Config => context.Config;

    public Device Device => context.Device;

    /// <inheritdoc cref="BlipGraphs.ImageAttentions"/>
    internal IReadOnlyList<ModulePath> ImageAttentions => graphs.ImageAttentions;

    private Executor Executor => context.Executor;

    /// <summary>Device memory for images <c>[images, 3, height, width]</c>, to be normalised as the preprocessor's config says.</summary>
    public ArrayView<float> PixelBuffer(int images, int height, int width) => pixels.View(3L * images * height * width);

    /// <summary>Encodes the images in the pixel buffer. Other sizes than the config's interpolate the position embeddings.</summary>
    /// <param name="images">How many.</param>
    /// <param name="height">Their height in pixels.</param>
    /// <param name="width">Their width in pixels.</param>
    /// <param name="keep">
    /// True returns separate memory, to be disposed before the device. False returns the model's memory, which holds these images until
    /// the next call and needs no allocation.
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
    /// Adopts another model's embeddings of images on the same device. Both image encoders must have the same weights
    /// (<see cref="SharedEncoder"/>).
    /// </summary>
    /// <returns>The model's own memory, which holds these images until the next call.</returns>
    /// <exception cref="ArgumentException">The other model has another width or runs elsewhere.</exception>
    internal ImageStates Adopt(ImageStates states)
    {
        if (states.Encoder.Device != Device || states.Encoder.Config.Vision.HiddenSize != Config.Vision.HiddenSize)
            throw new ArgumentException(
                "Images can be taken over from a model of the same width on the same device alone.", nameof(states));
        own.Reset(states.Images, states.Tokens);
        states.Embeddings.CopyTo(Device.Stream, own.Embeddings);
        return own;
    }

    /// <summary>Copies single images of one token count, from one or several batches, to separate memory in the given order.</summary>
    /// <returns>To be disposed by the caller.</returns>
    /// <exception cref="ArgumentException">
    /// There are none, one belongs to another model or does not exist, or their sizes differ.
    /// </exception>
    public ImageStates Gather(IReadOnlyList<(ImageStates States, int Image)> parts)
    {
        if (parts.Count == 0)
            throw new ArgumentException("There are no images to gather; give at least one.", nameof(parts));
        foreach (var (states, image) in parts)
        {
            Check(states);
            CheckImage(states, image);
            if (states.Tokens != parts[0].States.Tokens)
                throw new ArgumentException(
                    $"Images of {parts[0].States.Tokens} and of {states.Tokens} tokens cannot be one batch.", nameof(parts));
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

    /// <summary>Copies clips of adjacent frames to separate memory, each as one image with the tokens of all its frames.</summary>
    /// <returns><c>[clips, frames · tokens, hidden]</c>, to be disposed by the caller.</returns>
    /// <exception cref="ArgumentException">There are no clips, the frames belong to another model, or one does not exist.</exception>
    public ImageStates Join(ImageStates states, IReadOnlyList<int> firsts, int frames)
    {
        var joined = Gather([.. firsts.SelectMany(first => Enumerable.Range(first, frames).Select(frame => (states, frame)))]);
        joined.Group(frames);
        return joined;
    }

    /// <summary>Plans the image encoder with recorded outputs; the caller runs and disposes it.</summary>
    internal Plan Plan(RecordedOutputs watch, int images, int height, int width)
    {
        var plan = Executor.Plan(Executor.Optimize(graphs.Vision(height, width, watch)), ("images", images));
        plan.Bind(plan.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        return plan;
    }

    /// <summary>
    /// Attention rollout: the share of each of the encoder's input tokens in each output token, for the images in the pixel buffer.
    /// </summary>
    /// <returns>For each image <c>[tokens, tokens]</c>, class token first; rows sum to 1.</returns>
    public float[][] Rollout(int images, int height, int width)
    {
        using var plan = Executor.Plan(
            Executor.Optimize(graphs.Vision(height, width, RecordedOutputs.Rollout).Keeping(VisionTower.Rollout)), ("images", images));
        plan.Bind(plan.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        plan.Run();
        var all = plan.ReadOutput(VisionTower.Rollout);
        return [.. all.Chunk(all.Length / images)];
    }

    /// <summary>Plans of a graph over pixels, given its height and width.</summary>
    public PlanCache<(int Images, int Height, int Width)> PlansOf(Func<int, int, ComputeGraph> graph) =>
        context.Own(new PlanCache<(int Images, int Height, int Width)>(
        key => Executor.Plan(Executor.Optimize(graph(key.Height, key.Width)), ("images", key.Images)), context.KeptPlans));

    /// <summary>Runs a graph with one output over the images in the pixel buffer; one row for each image.</summary>
    public float[][] Run(PlanCache<(int Images, int Height, int Width)> plans, int images, int height, int width)
    {
        var plan = plans.Get((images, height, width));
        plan.Bind(plan.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        plan.Run();
        var all = plan.ReadOutput(plan.Graph.Outputs.Keys.Single());
        return [.. all.Chunk(all.Length / images)];
    }

    internal void EncodeInto(ImageStates states, int images, int height, int width)
    {
        var patch = Config.Vision.PatchSize;
        var vision = plans.Get((images, height, width));
        states.Reset(images, 1 + (height / patch * (width / patch)));
        vision.Bind(vision.Graph.Input(BlipGraphs.Pixels), PixelBuffer(images, height, width));
        vision.Bind(vision.Graph.Output(BlipGraphs.ImageEmbeddings), states.Embeddings);
        vision.Run();
    }

    /// <summary>Computes the images' keys and values, even if present.</summary>
    internal void ComputeKeysValues(ImageStates states)
    {
        ComputeKeysValues(states, states, place: 0);
        states.HasKeysValues = true;
    }

    /// <summary>
    /// Computes images' keys and values and writes them among others' of as many tokens, adjacent from <paramref name="place"/> on.
    /// </summary>
    internal void ComputeKeysValues(ImageStates states, ImageStates target, int place)
    {
        var plan = keysValuesPlans.Get((states.Images, states.Tokens));
        var each = 2L * states.Tokens * Config.Text.HiddenSize;
        plan.Bind(plan.Graph.Input(BlipGraphs.ImageEmbeddings), states.Embeddings);
        for (var attention = 0; attention < ImageAttentions.Count; attention++)
            plan.Bind(plan.Graph.Output(BlipGraphs.ImageName(attention)),
                target.KeysValues(attention).SubView(place * each, states.Images * each));
        plan.Run();
    }

    /// <summary>Refuses images that another model encoded.</summary>
    /// <exception cref="ArgumentException">They belong to another model.</exception>
    public void Check(ImageStates states)
    {
        if (states.Encoder != this)
            throw new ArgumentException("The images were encoded by another model; encode them with this one.", nameof(states));
    }

    /// <summary>Refuses an index beyond the images.</summary>
    /// <exception cref="ArgumentException">There is no such image.</exception>
    public static void CheckImage(ImageStates states, int image)
    {
        if ((uint)image >= (uint)states.Images)
            throw new ArgumentException($"There is no image {image}; {states.Images} are encoded.", nameof(image));
    }
}
