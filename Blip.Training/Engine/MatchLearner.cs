using Blip.Runtime.Graph;
using Blip.Runtime.Imaging;
using Blip.Training.Data;
using Blip.Training.Metrics;
using Blip.Training.Objectives;
using Blip.Training.Schedules;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>
/// Learns contrast and matching, in pre-training also captions. In fine-tuning pairs match by image; in pre-training each pair is separate
/// (the authors' <c>blip_retrieval.py</c> and <c>blip_pretrain.py</c>).
/// </summary>
internal sealed class MatchLearner : TaskLearner
{
    // The authors add it to each probability in pre-training.
    private const double PretrainingFloor = 1e-4;

    private readonly MatchState state = new();
    private readonly MomentumCopy momentum;
    private readonly ArrayView<float> temperature;
    private Plan? features;
    private double share = 1;
    private bool rehearses;

    /// <summary>A learner. <paramref name="slow"/> has the momentum copies' initial weights.</summary>
    public MatchLearner(LearnerParts parts, Runtime.Checkpoints.ITensorSource slow, ImageProcessing processing)
        : base(parts, processing)
    {
        var options = parts.Options;
        var sizes = new MatchSizes(options.ImageSize, options.QueueSize, Captions, options.LabelSmoothing);
        var step = MatchObjective.Record(parts.Config, sizes, state, Settings);
        Model = Open(step);
        momentum = new MomentumCopy(parts.Device, slow, parts.Config, options.ImageSize, options.QueueSize);
        state.Contrast.QueueLength = options.QueueSize;
        FillQueues(new SampleRandom(options.Seed, 0, "", RandomPurpose.Queue));
        temperature = Model.Weights.Dense(step.Graph.Parameters.Single(parameter => parameter.Name == TrainedKeys.Temperature));
    }

    /// <inheritdoc/>
    public override TrainedModel Model { get; }

    /// <inheritdoc/>
    public override MomentumCopy? Momentum => momentum;

    /// <inheritdoc/>
    public override double? Temperature => ReadTemperature();

    /// <inheritdoc/>
    public override int Candidates => Parts.Options.BatchSize + Parts.Options.QueueSize;

    /// <summary>The weight of the momentum copies' similarities in the targets.</summary>
    public double Alpha
    {
        get => state.Contrast.Alpha;
        set => state.Contrast.Alpha = value;
    }

    private bool Captions => Parts.Options.Task == TrainingTask.Pretrain;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Accumulate(IReadOnlyList<IReadOnlyList<LoadedItem>> parts, StepPlace place)
    {
        var schedule = new AlphaSchedule(Parts.Options, place.StepsPerEpoch);
        Alpha = schedule.At(place.Epoch, place.StepOfEpoch);
        Begin();
        share = 1.0 / parts.Count;
        var losses = new Dictionary<string, double>();
        foreach (var (part, items) in parts.Index())
        {
            Draw(place, part);
            var batch = new MatchBatch(
                [.. items.Select(item => Parts.Tokenizer.Encode(item.Item.Text, maxLength: Parts.Options.MaxTokens))],
                Captions ? [.. Enumerable.Range(0, items.Count)] : [.. items.Select(item => KeyOf(item.ImageId))]);
            var sampler = new NegativeSampler(Parts.Options.Seed, place.Step, part, Captions ? PretrainingFloor : 0);
            Add(losses, Run(batch, Load(items), similar => sampler.Choose(similar, batch.Keys)));
        }
        return losses;
    }

    /// <inheritdoc/>
    public override void Rehearse(IReadOnlyList<LoadedItem> items, StepPlace place)
    {
        rehearses = true;
        base.Rehearse(items, place);
        rehearses = false;
    }

    /// <summary>Runs one batch forward and back and queues its features. <paramref name="choose"/> picks negatives by similarity.</summary>
    public IReadOnlyDictionary<string, double> Run(MatchBatch batch, ArrayView<float> pixels, Func<Similarities, HardNegatives> choose)
    {
        features = momentum.Encode(Model.Inputs, pixels, batch);
        state.Contrast.Share = share * Scale.Value;
        state.Choose = running =>
            MatchObjective.Fill(Model.Inputs, batch, choose(Similar(running)), Parts.Config.Text, state.Contrast.Share);
        var losses = Run(MatchObjective.Sizes(batch), pixels, plan =>
        {
            MatchObjective.Bind(plan, Model.Inputs, batch, Parts.Config.Text, Captions, state.Contrast.Share);
            momentum.Bind(plan, features);
        });
        // NaN would stay in the queue for many steps.
        if (!rehearses && losses.Values.All(double.IsFinite))
            momentum.Enqueue(features, Captions ? [.. batch.Keys.Select(_ => MomentumCopy.NoImage)] : batch.Keys);
        return losses;
    }

    /// <summary>Before each step: bounds the temperature and moves the copies towards the trained weights.</summary>
    public void Begin()
    {
        if (rehearses)
            return;
        BoundTemperature();
        momentum.Follow(Model.Weights, Parts.Options.Momentum);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        momentum.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    private protected override IEnumerable<(string Symbol, int Size)> SmallestBatch(int rows) =>
        MatchObjective.Sizes(new MatchBatch([.. Enumerable.Repeat(Parts.Tokenizer.Encode(""), rows)], [.. Enumerable.Range(0, rows)]));

    // Keys are whole numbers from 0; negative ones belong to no image.
    private static int KeyOf(ulong image) => (int)((image ^ (image >> 32)) & int.MaxValue);

    // In pre-training both sides are compared with the momentum copies, in fine-tuning with each other.
    private Similarities Similar(Plan plan)
    {
        var (image, text) = (plan.ReadOutput(MatchObjective.ImageFeatures), plan.ReadOutput(MatchObjective.TextFeatures));
        var (slowImage, slowText) = Captions
            ? (features!.ReadOutput(MatchObjective.ImageMomentum), features.ReadOutput(MatchObjective.TextMomentum))
            : (image, text);
        var by = ReadTemperature();
        return new Similarities(
            Similarities.Between(image, slowText, Parts.Config.ImageTextHiddenSize, by),
            Similarities.Between(text, slowImage, Parts.Config.ImageTextHiddenSize, by));
    }

    // As in the authors' code, a queue begins with random unit vectors that belong to no image.
    private void FillQueues(SampleRandom random)
    {
        var dim = Parts.Config.ImageTextHiddenSize;
        var queues = new float[2][];
        for (var side = 0; side < queues.Length; side++)
        {
            queues[side] = new float[Parts.Options.QueueSize * dim];
            for (var i = 0; i < queues[side].Length; i += dim)
            {
                var vector = queues[side].AsSpan(i, dim);
                var length = 0.0;
                foreach (ref var value in vector)
                {
                    value = (float)(Math.Sqrt(-2 * Math.Log(1 - random.Next())) * Math.Cos(2 * Math.PI * random.Next()));
                    length += (double)value * value;
                }
                foreach (ref var value in vector)
                    value = (float)(value / Math.Sqrt(length));
            }
        }
        momentum.Fill(queues[0], queues[1], [.. Enumerable.Repeat(MomentumCopy.NoImage, Parts.Options.QueueSize)], pointer: 0);
    }

    private float ReadTemperature() => Parts.Device.Read(temperature)[0];

    private void BoundTemperature() => Parts.Device.Write<float>(
        [Math.Clamp(ReadTemperature(), (float)TrainingAlarms.LowestTemperature, (float)TrainingAlarms.HighestTemperature)], temperature);
}
