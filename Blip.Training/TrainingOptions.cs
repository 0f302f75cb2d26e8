using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Training;

/// <summary>The options of a training run. <see cref="TrainingRecipes.For"/> makes them from the paper or LAVIS.</summary>
public sealed record TrainingOptions
{
    /// <summary>The task.</summary>
    public required TrainingTask Task { get; init; }

    /// <summary>The model that gives pre-training its decoder; null where the matcher's checkpoint holds one.</summary>
    public string? Captioner { get; init; }

    /// <summary>The source of the initial weights.</summary>
    public InitialWeights Init { get; init; }

    /// <summary>Passes over the data, and the length of the cosine schedule.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Steps after which training ends regardless of <see cref="Epochs"/>; null for no limit.</summary>
    public int? Steps { get; init; }

    /// <summary>Images of a batch.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Batches whose gradients make one step. They add no negatives to contrast and matching.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>The learning rate after warm-up.</summary>
    public double LearningRate { get; init; } = 1e-5;

    /// <summary>The least learning rate.</summary>
    public double MinLearningRate { get; init; }

    /// <summary>The curve of the learning rate.</summary>
    public LearningRateCurve Schedule { get; init; }

    /// <summary>The step schedule's factor after each epoch.</summary>
    public double LearningRateDecay { get; init; } = 1;

    /// <summary>Steps of the warm-up in the first epoch; 0 for none.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>The warm-up's initial rate.</summary>
    public double WarmupLearningRate { get; init; } = 1e-6;

    /// <summary>AdamW's weight decay.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>The largest gradient norm over all parameters; 0 for no limit, as in the authors' code.</summary>
    public double ClipNorm { get; init; }

    /// <summary>The parameters that decay.</summary>
    public WeightDecayScope WeightDecayOn { get; init; }

    /// <summary>The share of a token's target that is spread over the vocabulary, 0 to below 1.</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>Words before each caption that are given, not learned; empty for none.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Features of earlier images and texts for contrast; 0 for the batch alone.</summary>
    public int QueueSize { get; init; }

    /// <summary>The share of themselves that the momentum copies keep at each step.</summary>
    public double Momentum { get; init; } = 0.995;

    /// <summary>The final weight of the momentum copies' similarities in contrast's targets.</summary>
    public double Alpha { get; init; } = 0.4;

    /// <summary>Epochs over which alpha rises from 0; 0 for none.</summary>
    public int AlphaRampEpochs { get; init; } = 2;

    /// <summary>The most tokens of a text, with [CLS] and [SEP]; longer texts are cut.</summary>
    public int MaxTokens { get; init; } = 40;

    /// <summary>The most words of a text.</summary>
    public int MaxWords { get; init; } = 30;

    /// <summary>Side of the images' square.</summary>
    public int ImageSize { get; init; } = 384;

    /// <summary>Parts that are not trained.</summary>
    public FrozenParts Freeze { get; init; }

    /// <summary>
    /// The rank of LoRA (Hu et al. 2021); 0 trains all weights. LoRA adapts attention's queries and values in the text towers, and all
    /// three projections in the vision tower.
    /// </summary>
    public int LoraRank { get; init; }

    /// <summary>LoRA's alpha: products are multiplied by it over <see cref="LoraRank"/>. Null is twice the rank.</summary>
    public double? LoraAlpha { get; init; }

    /// <summary>
    /// Last vision layers to recompute in the backward pass (Chen et al. 2016; the authors' <c>vit_ckpt_layer</c>). This saves memory,
    /// costs time and gives the same numbers. 0 is none; more than there are is all.
    /// </summary>
    public int CheckpointLayers { get; init; }

    /// <summary>Dropout of the text towers' hidden states: after the embeddings and before each residual sum.</summary>
    public double Dropout { get; init; }

    /// <summary>Dropout of the text towers' attention weights (<c>attention_probs_dropout_prob</c>).</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Stochastic depth of the last vision layer; it grows from 0 over the layers.</summary>
    public double DropPath { get; init; }

    /// <summary>Random changes of images.</summary>
    public AugmentationKind Augment { get; init; }

    /// <summary>The least share of an image that a crop keeps.</summary>
    public double MinCropScale { get; init; } = 0.5;

    /// <summary>Whether half of the images are mirrored, except where the text says "left" or "right".</summary>
    public bool Flip { get; init; } = true;

    /// <summary>The seed of all random numbers.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Whether each epoch has a different order.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Steps between checkpoints; 0 for one an epoch.</summary>
    public int SaveSteps { get; init; }

    /// <summary>The format of the trained model.</summary>
    public CheckpointFormat Format { get; init; }

    /// <summary>Checkpoints in a row without improvement on validation data that end the run; 0 for no limit.</summary>
    public int Patience { get; init; }

    /// <summary>Whether to continue the run in the output folder.</summary>
    public bool Resume { get; init; }

    /// <summary>
    /// The format of products, forward and back: <see cref="Precision.Fp32"/>, <see cref="Precision.Bf16"/>, or
    /// <see cref="Precision.Fp16"/> with a loss scale. All else is in single precision.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary><c>auto</c>, <c>cuda</c>, <c>opencl</c>, <c>cpu</c>, or one of several: <c>cuda:1</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Threads for images; 0 for one per core. They do not change the result.</summary>
    public int LoaderThreads { get; init; }

    /// <summary>The largest image, in pixels.</summary>
    public long MaxPixels { get; init; } = new ImageDecoderOptions().MaxPixels;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it and its range.</exception>
    public void Validate()
    {
        CheckEnums();
        CheckCounts();
        CheckRates();
        CheckShares();
        if (Task is TrainingTask.Match or TrainingTask.Pretrain && BatchSize < 2)
            throw Wrong(nameof(BatchSize), BatchSize, "at least 2, since the other images of a batch are the negatives");
        CheckLora();
        if (MaxPixels < 1)
            throw Wrong(nameof(MaxPixels), MaxPixels, "at least 1");
        ArgumentException.ThrowIfNullOrWhiteSpace(Device);
        ArgumentNullException.ThrowIfNull(Prompt);
    }

    private static ArgumentException Wrong(string name, object value, string wanted) =>
        new(FormattableString.Invariant($"{name} is {value}: give {wanted}."), name);

    private static void AtLeast(string name, int value, int least)
    {
        if (value < least)
            throw Wrong(name, value, $"at least {least}");
    }

    private static void Number(string name, double value, bool positive)
    {
        if (!double.IsFinite(value) || value < 0 || (positive && value == 0))
            throw Wrong(name, value, positive ? "a number above 0" : "a number that is not negative");
    }

    private static void Share(string name, double value, bool below)
    {
        if (!(value >= 0 && (below ? value < 1 : value <= 1)))
            throw Wrong(name, value, below ? "a number from 0 to below 1" : "a number from 0 to 1");
    }

    private static void Defined<T>(string name, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw Wrong(name, value, $"one of {string.Join(", ", Enum.GetNames<T>())}");
    }

    private void CheckEnums()
    {
        Defined(nameof(Task), Task);
        Defined(nameof(Init), Init);
        Defined(nameof(Format), Format);
        Defined(nameof(Schedule), Schedule);
        Defined(nameof(WeightDecayOn), WeightDecayOn);
        Defined(nameof(Augment), Augment);
        if (Precision is not (Precision.Fp32 or Precision.Bf16 or Precision.Fp16))
            throw Wrong(nameof(Precision), Precision, "Fp32, Bf16 or Fp16");
        if ((Freeze & ~(FrozenParts.Vision | FrozenParts.Text)) != 0)
            throw Wrong(nameof(Freeze), Freeze, "Vision, Text or both");
        if (Freeze == (FrozenParts.Vision | FrozenParts.Text) && Task is TrainingTask.Caption or TrainingTask.Vqa)
            throw Wrong(nameof(Freeze), Freeze, "one of them: nothing would be trained");
    }

    private void CheckCounts()
    {
        foreach (var (name, value, least) in ((string, int, int)[])
        [
            (nameof(Epochs), Epochs, 1), (nameof(Steps), Steps ?? 1, 1), (nameof(BatchSize), BatchSize, 1),
            (nameof(Accumulate), Accumulate, 1), (nameof(WarmupSteps), WarmupSteps, 0), (nameof(QueueSize), QueueSize, 0),
            (nameof(AlphaRampEpochs), AlphaRampEpochs, 0), (nameof(MaxTokens), MaxTokens, 3), (nameof(MaxWords), MaxWords, 1),
            (nameof(ImageSize), ImageSize, 1), (nameof(SaveSteps), SaveSteps, 0), (nameof(Patience), Patience, 0),
            (nameof(LoaderThreads), LoaderThreads, 0), (nameof(LoraRank), LoraRank, 0), (nameof(CheckpointLayers), CheckpointLayers, 0),
        ])
            AtLeast(name, value, least);
    }

    private void CheckLora()
    {
        if (LoraAlpha is { } alpha)
        {
            Number(nameof(LoraAlpha), alpha, positive: true);
            if (LoraRank == 0)
                throw Wrong(nameof(LoraAlpha), alpha, $"{nameof(LoraRank)}, too");
        }
        if (LoraRank == 0)
            return;
        if (Init == InitialWeights.Random)
            throw Wrong(nameof(LoraRank), LoraRank, "0 for drawn weights, all of which have to be trained");
        if (Freeze == (FrozenParts.Vision | FrozenParts.Text))
            throw Wrong(nameof(Freeze), Freeze, $"one of them: {nameof(LoraRank)} trains the towers alone");
    }

    private void CheckRates()
    {
        Number(nameof(LearningRate), LearningRate, positive: true);
        Number(nameof(MinLearningRate), MinLearningRate, positive: false);
        Number(nameof(WarmupLearningRate), WarmupLearningRate, positive: false);
        Number(nameof(WeightDecay), WeightDecay, positive: false);
        Number(nameof(ClipNorm), ClipNorm, positive: false);
        if (MinLearningRate > LearningRate)
            throw Wrong(nameof(MinLearningRate), MinLearningRate, $"at most the learning rate, {LearningRate}");
        if (!(LearningRateDecay is > 0 and <= 1))
            throw Wrong(nameof(LearningRateDecay), LearningRateDecay, "a number above 0 and at most 1");
    }

    private void CheckShares()
    {
        Share(nameof(LabelSmoothing), LabelSmoothing, below: true);
        Share(nameof(Momentum), Momentum, below: false);
        Share(nameof(Alpha), Alpha, below: false);
        Share(nameof(Dropout), Dropout, below: true);
        Share(nameof(AttentionDropout), AttentionDropout, below: true);
        Share(nameof(DropPath), DropPath, below: true);
        if (!(MinCropScale is > 0 and <= 1))
            throw Wrong(nameof(MinCropScale), MinCropScale, "a number above 0 and at most 1");
    }
}
