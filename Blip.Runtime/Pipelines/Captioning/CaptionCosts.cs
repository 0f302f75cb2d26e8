using System.Diagnostics;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>One stage of captioning a batch.</summary>
/// <param name="Name"><c>preprocessing</c>, a graph's name, or <c>choice</c>: scores to tokens.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Flops">Floating-point operations of all runs.</param>
/// <param name="WeightBytes">Bytes of weights that all runs read.</param>
/// <param name="ValueBytes">All other bytes: inputs, caches, results, and values between operators.</param>
/// <param name="Kernels">GPU kernels.</param>
/// <param name="Launches">The host's launches once the batch's shape is known: on CUDA a step and its choice are one graph.</param>
public sealed record StageCost(string Name, int Runs, long Flops, long WeightBytes, long ValueBytes, long Kernels, long Launches)
{
    internal IReadOnlyList<(long Flops, long Bytes)> Operations { get; init; } = [];

    /// <summary>
    /// The roofline time (Williams et al. 2009): each operation takes the longer of its arithmetic and its bytes. Launches and waits are
    /// not counted.
    /// </summary>
    /// <param name="flopsPerSecond">The device's peak arithmetic.</param>
    /// <param name="bytesPerSecond">The device's memory bandwidth.</param>
    public double Seconds(double flopsPerSecond, double bytesPerSecond) =>
        Operations.Sum(operation => Math.Max(operation.Flops / flopsPerSecond, operation.Bytes / bytesPerSecond));
}

/// <summary>
/// The cost of captioning a batch, counted from the graphs without weights or a device. The upload of images is not counted.
/// </summary>
public static class CaptionCosts
{
    // The first target whose tensor cores multiply bfloat16; later ones do the same.
    private static readonly KernelTarget Cuda = new(80);

    // The start token alone.
    private const int PromptTokens = 1;

    /// <summary>Counts the stages in order; the weights are not opened.</summary>
    internal static IReadOnlyList<StageCost> Of(ModelSource source, CostOptions options)
    {
        var config = source.Config;
        options.Validate(config.Text.MaxPositions);
        var model = new ModelOptions { Precision = options.Precision, EncoderPrecision = options.EncoderPrecision };
        var graphs = new CaptioningGraphs(config);
        var (images, beams, side) = (options.BatchSize, options.NumBeams, config.Vision.ImageSize);
        var imageTokens = 1 + (side / config.Vision.PatchSize * (side / config.Vision.PatchSize));
        var target = options.Device == DeviceKind.Cuda ? Cuda : default;
        var step = GraphPasses.Apply(graphs.Step(), PassSet.All, target);

        var vision = Cost(graphs.Vision(side, side), ("images", images));
        var keysValues = Cost(graphs.ImageKeysValues(), ("images", images), ("image_tokens", imageTokens));
        var prompt = Cost(
            graphs.Prompt(), ("rows", images), ("tokens", PromptTokens), ("cache_rows", images * beams), ("capacity", PromptTokens),
                ("images", images), ("image_tokens", imageTokens));
        var steps = Enumerable.Range(PromptTokens + 1, options.Tokens - 1).Select(context => GraphCost.Of(
            step, model.FormatOf, target, ("rows", images * beams), ("cache_rows", images * beams), ("capacity", context),
                ("images", images), ("image_tokens", imageTokens))).ToList();
        var choice = Choice(images, beams, config.Text.VocabularySize);

        return
        [
            Preprocessing(source.Preprocessor.ToProcessing(), options),
            Stage([vision], Launches(vision.Kernels)),
            Stage([keysValues], Launches(keysValues.Kernels)),
            // A CPU's launch includes the choice.
            Stage([prompt], Launches(prompt.Kernels)),
            .. steps.Count == 0
                ? Array.Empty<StageCost>()
                : [Stage(steps, options.Device == DeviceKind.OpenCl ? steps.Sum(one => (long)one.Kernels) : steps.Count)],
            Repeated("choice", options.Tokens, choice, options.Device switch
            {
                DeviceKind.Cpu => 0,
                DeviceKind.Cuda => choice.Kernels,
                DeviceKind.OpenCl => (long)options.Tokens * choice.Kernels,
                _ => throw new UnreachableException($"There is no device of the kind {options.Device}."),
            }),
        ];

        GraphCost Cost(ComputeGraph graph, params (string Symbol, int Size)[] sizes) =>
            GraphCost.Of(GraphPasses.Apply(graph, PassSet.All, target), model.FormatOf, target, sizes);

        long Launches(int kernels) => options.Device == DeviceKind.Cpu ? 1 : kernels;
    }

    private static StageCost Stage(IReadOnlyList<GraphCost> runs, long launches) => new(
        runs[0].Graph, runs.Count, runs.Sum(run => run.Flops), runs.Sum(run => run.WeightBytes), runs.Sum(run => run.ValueBytes),
            runs.Sum(run => (long)run.Kernels), launches)
    {
        Operations = [.. runs.SelectMany(run => run.Nodes).Select(node => (node.Flops, node.Bytes.Weights + node.Bytes.Values))],
    };

    private static StageCost Repeated(string name, int runs, Operation one, long launches) =>
        new(name, runs, runs * one.Flops, 0, runs * one.Bytes, (long)runs * one.Kernels, launches)
        {
            Operations = [.. Enumerable.Repeat((one.Flops, one.Bytes), runs)],
        };

    // Bytes to resized bytes, one direction after the other, then to floats: Resampling and PixelNormalization.
    private static StageCost Preprocessing(Imaging.ImageProcessing processing, CostOptions options)
    {
        var (width, height) = (options.ImageWidth, options.ImageHeight);
        var (toWidth, toHeight) = processing.Resize ? (processing.Width, processing.Height) : (width, height);
        var between = Resampling.IntermediateBytes(width, height, toWidth, toHeight);
        long source = 3L * width * height, target = 3L * toWidth * toHeight;
        var rowsFirst = Resampling.RowsFirst(width, height, toWidth, toHeight);
        long flops = 0, kernels = 1;
        if (width != toWidth)
            Pass(3L * toWidth * (rowsFirst ? toHeight : height), width, toWidth);
        if (height != toHeight)
            Pass(3L * toHeight * (rowsFirst ? width : toWidth), height, toHeight);
        var one = new Operation(flops + (2 * target), source + (2 * between) + target + target + (sizeof(float) * target), (int)kernels);
        return Repeated("preprocessing", options.BatchSize, one, options.BatchSize * kernels);

        void Pass(long outputs, int from, int to)
        {
            flops += 2 * outputs * ResamplingTable.Create(from, to, processing.Filter).Taps;
            kernels++;
        }
    }

    // Log-softmax, then the likeliest token, or each beam's candidates and the search step.
    private static Operation Choice(int images, int beams, int vocabulary)
    {
        const int SoftmaxFlops = 4;
        var scores = (long)images * beams * vocabulary;
        return new Operation(SoftmaxFlops * scores, 3 * sizeof(float) * scores, beams > 1 ? 3 : 2);
    }

    private readonly record struct Operation(long Flops, long Bytes, int Kernels);
}

/// <summary>The work that a cost is counted for.</summary>
public sealed record CostOptions
{
    /// <summary>
    /// The kind of device, which decides the host's launches and, on CUDA (sm_80 and later), which values between 16-bit products have 16
    /// bits.
    /// </summary>
    public DeviceKind Device { get; init; } = DeviceKind.Cuda;

    /// <summary>The format of the decoder's weights.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>The format of the image encoder's weights; null takes the one that goes with <see cref="Precision"/>.</summary>
    public Precision? EncoderPrecision { get; init; }

    /// <summary>Images in the batch.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>Beams of the search; 1 is greedy search.</summary>
    public int NumBeams { get; init; } = 1;

    /// <summary>Tokens of each caption, without the start token.</summary>
    public int Tokens { get; init; } = 20;

    /// <summary>Width of each input image.</summary>
    public int ImageWidth { get; init; } = 640;

    /// <summary>Height of each input image.</summary>
    public int ImageHeight { get; init; } = 480;

    /// <summary>Checks the options.</summary>
    internal void Validate(int maxPositions)
    {
        if (!Enum.IsDefined(Device))
            throw new ArgumentOutOfRangeException(nameof(Device), Device, $"Give {string.Join(", ", Enum.GetNames<DeviceKind>())}.");
        Within(BatchSize, 1, PipelineOptions.MaxBatchSize, nameof(BatchSize));
        Within(NumBeams, 1, Generation.GenerationOptions.MaxBeams, nameof(NumBeams));
        Within(Tokens, 1, maxPositions - 1, nameof(Tokens));
        Within(ImageWidth, 1, 1 << 14, nameof(ImageWidth));
        Within(ImageHeight, 1, 1 << 14, nameof(ImageHeight));

        static void Within(int value, int least, int most, string name)
        {
            if (value < least || value > most)
                throw new ArgumentException($"{name} is {value}; give {least} to {most}.", name);
        }
    }
}
