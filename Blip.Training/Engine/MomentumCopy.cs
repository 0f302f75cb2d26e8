using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Models;
using Blip.Training.Objectives;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Training.Engine;

/// <summary>
/// The momentum copies of both encoders and their projections (He et al. 2020, eq. 2), which follow the trained ones slowly, and queues of the
/// features that they gave earlier batches. They and their products are in single precision in every run: a copy in 16 bits would be rounded
/// anew at each step, beside the one that follows.
/// </summary>
internal sealed class MomentumCopy : IDisposable
{
    /// <summary>The number of an image in an empty place of the queue, which no image has.</summary>
    public const int NoImage = -100;

    private readonly Device device;
    private readonly WeightStore weights;
    private readonly Executor executor;
    private readonly ComputeGraph graph;
    private readonly StepPlans plans;
    private readonly int dim;
    private readonly DeviceBuffer<float>? imageQueue, textQueue;
    private readonly DeviceBuffer<int>? queueKeys;
    private readonly int[] keys;

    /// <summary>Puts the copies on a device.</summary>
    /// <param name="device">Where.</param>
    /// <param name="source">Their weights.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="side">The images' side in pixels.</param>
    /// <param name="queueSize">Features that the queues hold; 0 for none.</param>
    public MomentumCopy(Device device, ITensorSource source, BlipConfig config, int side, int queueSize)
    {
        (this.device, dim, QueueSize) = (device, config.ImageTextHiddenSize, queueSize);
        weights = new WeightStore(device, source, _ => DType.Float32);
        executor = new Executor(device, weights, TrainedModel.Passes);
        graph = executor.Optimize(MatchObjective.RecordMomentum(config, side));
        weights.Load(graph);
        plans = new StepPlans(executor, graph);
        keys = [.. Enumerable.Repeat(NoImage, queueSize)];
        if (queueSize == 0)
            return;
        imageQueue = device.Allocate<float>((long)queueSize * dim);
        textQueue = device.Allocate<float>((long)queueSize * dim);
        queueKeys = device.Upload<int>(keys);
    }

    /// <summary>Features that the queues hold.</summary>
    public int QueueSize { get; }

    /// <summary>The place of the queues that the next features take.</summary>
    public int Pointer { get; private set; }

    /// <summary>The numbers of the images in the queues.</summary>
    public IReadOnlyList<int> QueueKeys => keys;

    /// <summary>The copies' tensors by name, as they lie on the device.</summary>
    public IEnumerable<(string Name, ArrayView<float> Values)> Tensors => TensorsOf(weights);

    /// <summary>Fills the queues.</summary>
    /// <param name="images">Vectors of length one <c>[queue, dim]</c>.</param>
    /// <param name="texts">The same of texts.</param>
    /// <param name="imageKeys">The number of each image.</param>
    /// <param name="pointer">The place that the next features take.</param>
    public void Fill(ReadOnlySpan<float> images, ReadOnlySpan<float> texts, ReadOnlySpan<int> imageKeys, int pointer)
    {
        if (QueueSize == 0)
            return;
        imageQueue!.CopyFrom(images);
        textQueue!.CopyFrom(texts);
        imageKeys.CopyTo(keys);
        queueKeys!.CopyFrom(keys);
        Pointer = pointer;
    }

    /// <summary>Both queues on the host, <c>[queue, dim]</c> each.</summary>
    public (float[] Images, float[] Texts) ReadQueues() => QueueSize == 0 ? ([], []) : (imageQueue!.ToArray(), textQueue!.ToArray());

    /// <summary>Moves the copies towards the trained weights: <c>slow = m·slow + (1 - m)·fast</c>.</summary>
    /// <param name="trained">The trained weights.</param>
    /// <param name="momentum">The share of themselves that they keep.</param>
    public void Follow(WeightStore trained, double momentum)
    {
        foreach (var ((_, slow), (_, fast)) in Tensors.Zip(TensorsOf(trained)))
            MomentumUpdate.Run(device, slow, fast, momentum);
    }

    /// <summary>The copies' features of a batch, on the device: they hold until the next batch.</summary>
    /// <param name="inputs">Memory of the inputs; the pixels are bound by the caller.</param>
    /// <param name="pixels">Images <c>[n, 3, side, side]</c>.</param>
    /// <param name="batch">The texts.</param>
    public Plan Encode(StepInputs inputs, ArrayView<float> pixels, MatchBatch batch)
    {
        var plan = plans.Get(MatchObjective.Sizes(batch));
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels);
        MatchObjective.BindTexts(plan, inputs, batch);
        plan.Run();
        return plan;
    }

    /// <summary>Binds features and queues to a step.</summary>
    public void Bind(Plan step, Plan features)
    {
        step.Bind(step.Graph.Input(MatchObjective.ImageMomentum), features.Output(MatchObjective.ImageMomentum));
        step.Bind(step.Graph.Input(MatchObjective.TextMomentum), features.Output(MatchObjective.TextMomentum));
        if (QueueSize == 0)
            return;
        step.Bind(step.Graph.Input(MatchObjective.ImageQueue), imageQueue!.View);
        step.Bind(step.Graph.Input(MatchObjective.TextQueue), textQueue!.View);
        step.Bind(step.Graph.Input(MatchObjective.QueueKeys), queueKeys!.View);
    }

    /// <summary>Puts a batch's features into the queues; where the batch does not fit before their end, the rest goes to their beginning.</summary>
    public void Enqueue(Plan features, IReadOnlyList<int> imageKeys)
    {
        var done = 0;
        // Of a batch that is longer than the queue the last ones stay.
        for (var left = imageKeys.Count; left > 0 && QueueSize > 0; left = imageKeys.Count - done)
        {
            var count = Math.Min(left, QueueSize - Pointer);
            Copy(features.Output(MatchObjective.ImageMomentum), imageQueue!, done, count);
            Copy(features.Output(MatchObjective.TextMomentum), textQueue!, done, count);
            for (var i = 0; i < count; i++)
                keys[Pointer + i] = imageKeys[done + i];
            (Pointer, done) = ((Pointer + count) % QueueSize, done + count);
        }
        queueKeys?.CopyFrom(keys);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        plans.Dispose();
        imageQueue?.Dispose();
        textQueue?.Dispose();
        queueKeys?.Dispose();
        executor.Dispose();
        weights.Dispose();
    }

    private IEnumerable<(string Name, ArrayView<float> Values)> TensorsOf(WeightStore store) =>
    [
        .. graph.Matrices.DistinctBy(matrix => matrix.Name).Select(matrix => (matrix.Name, store.Master(matrix).Float32)),
        .. graph.Vectors.DistinctBy(vector => vector.Name).Select(vector => (vector.Name, store.Stacked(vector))),
        .. graph.Parameters.Select(value => (value.Name, store.Dense(value))),
    ];

    private void Copy(ArrayView<float> from, DeviceBuffer<float> queue, int first, int count) =>
        from.SubView((long)first * dim, (long)count * dim).CopyTo(device.Stream, queue.View.SubView((long)Pointer * dim, (long)count * dim));
}
