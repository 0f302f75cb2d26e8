using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Models;
using Blip.Training.Engine;
using Blip.Training.Objectives;

namespace Blip.Bench.Workloads;

/// <summary>Our steps: those of <c>Trainer</c> after a batch is loaded.</summary>
internal sealed class TrainingWorks : ITrainingWorks
{
    /// <summary>The profiler's stage for work outside the graph.</summary>
    public const string Optimizer = "optimizer";

    private static readonly StepSettings Settings = new(ITrainingWorks.LearningRate, ITrainingWorks.WeightDecay, DecaysAll: true);

    private readonly ITensorSource source;
    private readonly TrainedModel model;
    private readonly GradientScale gradients;
    private readonly DeviceBuffer<float> pixels;
    private readonly CaptionBatch captions;
    private readonly Plan plan;

    /// <summary>Uploads weights and a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="device">The device; the caller owns it.</param>
    public TrainingWorks(TrainingBatch batch, Device device)
    {
        source = batch.OpenWeights();
        var step = CaptionObjective.Record(
            batch.Config, null, batch.Side, ITrainingWorks.LabelSmoothing,
            new ObjectiveSettings(_ => true) { Precision = batch.Precision.ToDType() });
        model = new TrainedModel(device, source, step);
        gradients = new GradientScale(device);
        pixels = device.Upload<float>(batch.Pixels);
        captions = new CaptionBatch(batch.Texts, Given: 1);
        plan = model.PlanFor(CaptionObjective.Sizes(captions));
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels.View);
    }

    /// <summary>Operations of a step's graph, forward and back; a multiply-add counts as two.</summary>
    public long Flops => plan.Graph.Nodes.Sum(node => node.Flops(plan.Sizes));

    /// <summary>Trained numbers.</summary>
    public long Parameters => model.Trained.Count;

    /// <summary>Bytes of values between nodes.</summary>
    public long WorkspaceBytes => plan.WorkspaceBytes;

    /// <inheritdoc/>
    public double Step()
    {
        var device = model.Device;
        using (device.Measure(Optimizer, "clearing gradients"))
            model.Trained.ClearGradients();
        CaptionObjective.Bind(plan, model.Inputs, captions, captions.Learned);
        plan.Run();
        using (device.Measure(Optimizer, "adding word embeddings' gradients"))
            model.Trained.CompleteGradients();
        var loss = TrainedModel.ReadLosses(plan).Values.Sum();
        using (device.Measure(Optimizer, "gradient norm"))
            gradients.Measure(model.Trained.Gradients, double.PositiveInfinity, lossScale: 1);
        using (device.Measure(Optimizer, "AdamW"))
            model.Trained.Step(Settings, gradients.Factor);
        device.Synchronize();
        return loss;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pixels.Dispose();
        gradients.Dispose();
        model.Dispose();
        source.Dispose();
    }
}
