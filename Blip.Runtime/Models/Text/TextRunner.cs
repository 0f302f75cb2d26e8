using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// Runs graphs over texts, images or both: checks and pads inputs, batches texts of similar length, and keeps plans by size.
/// </summary>
internal sealed class TextRunner
{
    // Texts of one run: enough for full matrix products; memory stays bounded.
    private const int RowsPerRun = 64;

    private const int KeptPlans = 64;

    private readonly ModelContext context;
    private readonly VisionEncoder vision;
    private readonly GrowingBuffer<float> results;
    private readonly TextInputs inputs;

    public TextRunner(ModelContext context, VisionEncoder vision)
    {
        (this.context, this.vision) = (context, vision);
        results = context.Own(new GrowingBuffer<float>(context.Device));
        inputs = context.Own(new TextInputs(context.Device, Config.Text));
    }

    private BlipConfig Config => context.Config;

    private Executor Executor => context.Executor;

    /// <summary>Plans of a graph over texts, images or both, with the named outputs; none for all.</summary>
    public PlanCache<TextSizes> PlansOf(ComputeGraph graph, params string[] outputs)
    {
        var optimized = Executor.Optimize(outputs.Length == 0 ? graph : graph.Keeping(outputs));
        return context.Own(new PlanCache<TextSizes>(sizes => Executor.Plan(optimized, sizes.Symbols), KeptPlans));
    }

    /// <summary>Runs a graph with one output over image embeddings; one row per image.</summary>
    public float[][] RunImages(PlanCache<TextSizes> plans, ImageStates states)
    {
        vision.Check(states);
        var plan = plans.Get(new TextSizes(0, 0, states.Images, states.Tokens));
        plan.Bind(plan.Graph.Input(BlipGraphs.ImageEmbeddings), states.Embeddings);
        return Read(plan);
    }

    /// <summary>
    /// Runs a graph with one output over any number of texts, in batches of similar length. Each text's row <c>[width]</c> is the one that
    /// it has alone. Without <paramref name="imageOf"/>, text and image have the same index, or there is one image.
    /// </summary>
    public float[][] RunTexts(
        PlanCache<TextSizes> plans, IReadOnlyList<int[]> texts, ImageStates? states = null, IReadOnlyList<int>? imageOf = null,
        IReadOnlyList<int>? secondImageOf = null)
    {
        var images = CheckTexts(texts, states, imageOf);
        var second = secondImageOf is null ? null : CheckTexts(texts, states, secondImageOf);
        var rows = new float[texts.Count][];
        foreach (var run in Enumerable.Range(0, texts.Count).OrderBy(text => texts[text].Length).Chunk(RowsPerRun))
        {
            var plan = BindTexts(
                plans, [.. run.Select(text => texts[text])], states,
                images is null ? null
                    : [.. run.Select(text => images[text])], second is null ? null
                    : [.. run.Select(text => second[text])]);
            foreach (var (text, row) in run.Zip(Read(plan)))
                rows[text] = row;
        }
        return rows;
    }

    public Plan BindTexts(
        PlanCache<TextSizes> plans, IReadOnlyList<int[]> texts, ImageStates? states, int[]? images, int[]? secondImages = null)
    {
        inputs.Set(texts, images, secondImages);
        var plan = plans.Get(inputs.Sizes(states));
        inputs.Bind(plan);
        if (states is not null)
            BindImages(plan, states);
        return plan;
    }

    /// <summary>Plans a graph over texts outside the cache, with inputs bound; the caller runs and disposes it.</summary>
    public Plan PlanTexts(
        ComputeGraph graph, IReadOnlyList<int[]> texts, ImageStates? states, IReadOnlyList<int>? imageOf,
            IReadOnlyList<int>? secondImageOf = null)
    {
        inputs.Set(texts, CheckTexts(texts, states, imageOf), secondImageOf is null ? null : CheckTexts(texts, states, secondImageOf));
        var plan = Executor.Plan(Executor.Optimize(graph), inputs.Sizes(states).Symbols);
        inputs.Bind(plan);
        if (states is not null)
            BindImages(plan, states);
        return plan;
    }

    /// <summary>Checks texts and their images, on which kernels rely; returns the image of each text.</summary>
    public int[]? CheckTexts(IReadOnlyList<int[]> texts, ImageStates? states, IReadOnlyList<int>? imageOf)
    {
        inputs.Check(texts);
        if (states is null)
            return null;
        vision.Check(states);
        if (imageOf is null && states.Images != 1 && states.Images != texts.Count)
            throw new ArgumentException(
                $"There are {texts.Count} texts for {states.Images} images: say which image each looks at.", nameof(imageOf));
        if (imageOf is not null && imageOf.Count != texts.Count)
            throw new ArgumentException(
                $"There are {imageOf.Count} images named for {texts.Count} texts; name one for each.", nameof(imageOf));
        int[] images = imageOf is not null
            ? [.. imageOf]
            : [.. Enumerable.Range(0, texts.Count).Select(text => states.Images == 1 ? 0 : text)];
        foreach (var image in images)
            VisionEncoder.CheckImage(states, image);
        return images;
    }

    /// <summary>Binds the images' keys and values, computing them if absent.</summary>
    private void BindImages(Plan plan, ImageStates states)
    {
        if (!states.HasKeysValues)
            vision.ComputeKeysValues(states);
        for (var attention = 0; attention < vision.ImageAttentions.Count; attention++)
            plan.Bind(plan.Graph.Input(BlipGraphs.ImageName(attention)), states.KeysValues(attention));
    }

    private float[][] Read(Plan plan)
    {
        var value = plan.Graph.Outputs.Values.Single();
        var length = checked((int)plan.Length(value));
        plan.Bind(value, results.View(length));
        plan.Run();
        return [.. results.Read(length).Chunk(plan.Sizes.Of(value)[^1])];
    }
}
