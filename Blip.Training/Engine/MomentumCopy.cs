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
/// The momentum copies of both encoders and their projections (He et al. 2020, eq. 2), and queues of earlier features. All are in single
/// precision in every run: 16 bits would round a copy anew at each step.
/// </summary>
internal sealed class MomentumCopy : IDisposable
{
    /// <summary>The key of an empty place of the queue.</summary>
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

    public int QueueSize { get; }

    /// <summary>The place of the next features in the queues.</summary>
    public int Pointer { get; private set; }

    /// <summary>The keys of the images in the queues.</summary>
    public IReadOnlyList<int> QueueKeys => keys;

    /// <summary>The copies' tensors by name, on the device.</summary>
    public IEnumerable<(string Name, ArrayView<float> Values)> Tensors => TensorsOf(weights);

    /// <summary>Fills the queues with unit vectors <c>[queue, dim]</c> of images and texts.</summary>
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

    /// <summary>Both queues on the host, each <c>[queue, dim]</c>.</summary>
    public (float[] Images, float[] Texts) ReadQueues() => QueueSize == 0 ? ([], []) : (imageQueue!.ToArray(), textQueue!.ToArray());

    /// <summary>Moves the copies towards the trained weights: <c>slow = m·slow + (1 - m)·fast</c>.</summary>
    public void Follow(WeightStore trained, double momentum)
    {
        foreach (var ((_, slow), (_, fast)) in Tensors.Zip(TensorsOf(trained)))
            MomentumUpdate.Run(device, slow, fast, momentum);
    }

    /// <summary>
    /// Computes a batch's features from images <c>[n, 3, side, side]</c> and texts. They hold on the device until the next batch.
    /// </summary>
    public Plan Encode(StepInputs inputs, ArrayView<float> pixels, MatchBatch batch)
    {
        var plan = plans.Get(MatchObjective.Sizes(batch));
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels);
        MatchObjective.BindTexts(plan, inputs, batch);
        plan.Run();
        return plan;
    }

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

    /// <summary>Puts a batch's features into the queues, which wrap around.</summary>
    public void Enqueue(Plan features, IReadOnlyList<int> imageKeys)
    {
        var done = 0;
        // If a batch is longer than the queue, its last features stay.
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
        from.SubView((long)first * dim, (long)count * dim)
            .CopyTo(device.Stream, queue.View.SubView((long)Pointer * dim, (long)count * dim));
}
