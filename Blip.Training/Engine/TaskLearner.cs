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

/// <summary>The position of a run.</summary>
/// <param name="Step">Steps made before this one.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="StepOfEpoch">The step within the epoch, from 0.</param>
/// <param name="StepsPerEpoch">Steps of an epoch.</param>
internal readonly record struct StepPlace(long Step, int Epoch, int StepOfEpoch, int StepsPerEpoch);

/// <summary>The parts of a learner.</summary>
/// <param name="Device">The device.</param>
/// <param name="Source">The initial weights, which must stay open until the end.</param>
/// <param name="Config">The model's sizes.</param>
/// <param name="OutputMatrix">Key of the decoder's output matrix; null where it is tied to the word embeddings.</param>
/// <param name="Tokenizer">The model's tokenizer.</param>
/// <param name="Options">The run's options.</param>
internal sealed record LearnerParts(
    Device Device, ITensorSource Source, BlipConfig Config, string? OutputMatrix, WordPieceTokenizer Tokenizer, TrainingOptions Options);

/// <summary>One task: how its batches become gradients.</summary>
internal abstract class TaskLearner(LearnerParts parts, ImageProcessing processing) : IDisposable
{
    private protected LearnerParts Parts { get; } = parts;

    private protected ImageBatch Images { get; } = new(parts.Device, processing);

    /// <summary>The factor of losses before the backward pass.</summary>
    public LossScale Scale { get; } = new(parts.Options.Precision == Precision.Fp16);

    private protected TrainingNoise Noise { get; } = new(parts.Options.Dropout, parts.Options.AttentionDropout, parts.Options.DropPath);

    private protected ObjectiveSettings Settings => new(TrainedKeys.Of(Parts.Options))
    {
        Noise = Noise,
        Precision = Parts.Options.Precision.ToDType(),
        CheckpointLayers = Parts.Options.CheckpointLayers,
    };

    public abstract TrainedModel Model { get; }

    /// <summary>
    /// Adds the gradients of a step's batches, times <see cref="Scale"/>. The result has the losses by objective, each a mean over the
    /// step.
    /// </summary>
    public abstract IReadOnlyDictionary<string, double> Accumulate(IReadOnlyList<IReadOnlyList<LoadedItem>> parts, StepPlace place);

    /// <summary>
    /// Checks, before any image is read, the memory of the smallest batch that the options allow: texts without words. Longer texts
    /// take more.
    /// </summary>
    /// <exception cref="TrainingException">It does not fit into the device's memory.</exception>
    public void CheckMemory() => Model.CheckMemory(SmallestBatch(Parts.Options.BatchSize));

    /// <summary>Makes a batch's gradients, which the next step discards. It changes nothing else.</summary>
    public virtual void Rehearse(IReadOnlyList<LoadedItem> items, StepPlace place) => Accumulate([items], place);

    /// <summary>The temperature of contrast; null for tasks without it.</summary>
    public virtual double? Temperature => null;

    /// <summary>The momentum copies and queues; null for tasks without them.</summary>
    public virtual MomentumCopy? Momentum => null;

    /// <summary>Candidates that contrast compares a row with; 0 for tasks without it.</summary>
    public virtual int Candidates => 0;

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Images.Dispose();
        Model.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The sizes of a batch of so many texts without words.</summary>
    private protected abstract IEnumerable<(string Symbol, int Size)> SmallestBatch(int rows);

    private protected TrainedModel Open(StepGraph step) => new(Parts.Device, Parts.Source, step, Parts.Options);

    private protected ArrayView<float> Load(IReadOnlyList<LoadedItem> items) => Images.Load([.. items.Select(item => item.Image)]);

    /// <summary>Seeds a batch's random numbers from the run's seed, the step and the batch's place in it.</summary>
    private protected void Draw(StepPlace place, int part) =>
        Noise.Seed.Value = XxHash64.HashToUInt64(MemoryMarshal.AsBytes<long>([Parts.Options.Seed, place.Step, part]));

    /// <summary>Runs one batch forward and back. The losses are without <see cref="Scale"/>.</summary>
    private protected IReadOnlyDictionary<string, double> Run(
        IEnumerable<(string Symbol, int Size)> sizes, ArrayView<float> pixels, Action<Plan> bind)
    {
        var plan = Model.PlanFor(sizes);
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels);
        bind(plan);
        plan.Run();
        return TrainedModel.ReadLosses(plan).ToDictionary(loss => loss.Key, loss => loss.Value / Scale.Value);
    }

    private protected static void Add(Dictionary<string, double> sum, IReadOnlyDictionary<string, double> part)
    {
        foreach (var (name, loss) in part)
            sum[name] = sum.GetValueOrDefault(name) + loss;
    }
}
