using System.IO.Hashing;
using System.Runtime.InteropServices;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;
using Blip.Training.Data;
using Blip.Training.Objectives;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>Where a run is.</summary>
/// <param name="Step">Steps that were made before this one.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="StepOfEpoch">The step within the epoch, from 0.</param>
/// <param name="StepsPerEpoch">Steps of an epoch.</param>
internal readonly record struct StepPlace(long Step, int Epoch, int StepOfEpoch, int StepsPerEpoch);

/// <summary>The parts of a learner.</summary>
/// <param name="Device">Where it learns.</param>
/// <param name="Source">The weights to begin from; they must stay open until the end.</param>
/// <param name="Config">The model's sizes.</param>
/// <param name="OutputMatrix">Key of the decoder's output matrix; null where it is tied to the word embeddings.</param>
/// <param name="Tokenizer">The model's tokens.</param>
/// <param name="Options">The run's numbers.</param>
internal sealed record LearnerParts(
    Device Device, ITensorSource Source, BlipConfig Config, string? OutputMatrix, WordPieceTokenizer Tokenizer, TrainingOptions Options);

/// <summary>One task: how its batches become gradients.</summary>
/// <param name="parts">The learner's parts.</param>
/// <param name="processing">How pixels are normalised.</param>
internal abstract class TaskLearner(LearnerParts parts, ImageProcessing processing) : IDisposable
{
    /// <summary>The learner's parts.</summary>
    private protected LearnerParts Parts { get; } = parts;

    /// <summary>Memory of a batch's images.</summary>
    private protected ImageBatch Images { get; } = new(parts.Device, processing);

    /// <summary>The factor of losses before gradients are made of them.</summary>
    public LossScale Scale { get; } = new(parts.Options.Precision == Precision.Fp16);

    /// <summary>The random omissions.</summary>
    private protected TrainingNoise Noise { get; } = new(parts.Options.Dropout, parts.Options.AttentionDropout, parts.Options.DropPath);

    /// <summary>The settings of a step's training.</summary>
    private protected ObjectiveSettings Settings => new(TrainedKeys.Of(Parts.Options))
    {
        Noise = Noise,
        Precision = Parts.Options.Precision.ToDType(),
        CheckpointLayers = Parts.Options.CheckpointLayers,
    };

    /// <summary>The model that learns.</summary>
    public abstract TrainedModel Model { get; }

    /// <summary>Adds the gradients of a step's batches, times <see cref="Scale"/>, to the parameters'.</summary>
    /// <param name="parts">The batches whose gradients make one step.</param>
    /// <param name="place">Where the run is.</param>
    /// <returns>The losses by objective, each a mean over the whole step.</returns>
    public abstract IReadOnlyDictionary<string, double> Accumulate(IReadOnlyList<IReadOnlyList<LoadedItem>> parts, StepPlace place);

    /// <summary>Makes the gradients of a batch, which the next step forgets, and changes nothing else.</summary>
    /// <param name="items">The batch.</param>
    /// <param name="place">Where the run is.</param>
    public virtual void Rehearse(IReadOnlyList<LoadedItem> items, StepPlace place) => Accumulate([items], place);

    /// <summary>The temperature of contrast; null for a task that has none.</summary>
    public virtual double? Temperature => null;

    /// <summary>The momentum copies and queues; null for a task that has none.</summary>
    public virtual MomentumCopy? Momentum => null;

    /// <summary>Candidates that a contrast compares a row with; 0 for a task that has none.</summary>
    public virtual int Candidates => 0;

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Images.Dispose();
        Model.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The model of a step, on the device.</summary>
    private protected TrainedModel Open(StepGraph step) => new(Parts.Device, Parts.Source, step, Parts.Options);

    /// <summary>The images of a batch, on the device.</summary>
    private protected ArrayView<float> Load(IReadOnlyList<LoadedItem> items) => Images.Load([.. items.Select(item => item.Image)]);

    /// <summary>Gives a batch its random numbers: they follow from the run's seed, the step and the batch's place in it.</summary>
    private protected void Draw(StepPlace place, int part) =>
        Noise.Seed.Value = XxHash64.HashToUInt64(MemoryMarshal.AsBytes<long>([Parts.Options.Seed, place.Step, part]));

    /// <summary>Runs one batch forward and back.</summary>
    /// <param name="sizes">Its sizes.</param>
    /// <param name="pixels">Its images.</param>
    /// <param name="bind">Binds the rest.</param>
    /// <returns>Its losses, without <see cref="Scale"/>.</returns>
    private protected IReadOnlyDictionary<string, double> Run(
        IEnumerable<(string Symbol, int Size)> sizes, ArrayView<float> pixels, Action<Plan> bind)
    {
        var plan = Model.PlanFor(sizes);
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels);
        bind(plan);
        plan.Run();
        return TrainedModel.ReadLosses(plan).ToDictionary(loss => loss.Key, loss => loss.Value / Scale.Value);
    }

    /// <summary>Adds losses of one batch to those of the step.</summary>
    private protected static void Add(Dictionary<string, double> sum, IReadOnlyDictionary<string, double> part)
    {
        foreach (var (name, loss) in part)
            sum[name] = sum.GetValueOrDefault(name) + loss;
    }
}
