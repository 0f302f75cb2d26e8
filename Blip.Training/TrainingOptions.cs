using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Training;

/// <summary>
/// A run of training: every number that shapes it, as a record. <see cref="TrainingRecipes.For"/> makes one with the settings of the paper
/// or of LAVIS.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>The task.</summary>
    public required TrainingTask Task { get; init; }

    /// <summary>In pre-training the model whose decoder is learned; null where the matcher's checkpoint holds one.</summary>
    public string? Captioner { get; init; }

    /// <summary>Where the weights of the first step come from.</summary>
    public InitialWeights Init { get; init; }

    /// <summary>Passes over the data; the cosine schedule falls over so many.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Steps after which training ends, for any <see cref="Epochs"/>; null for the end of the epochs.</summary>
    public int? Steps { get; init; }

    /// <summary>Images of a step, or of each of its parts where gradients are accumulated.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Batches whose gradients make one step. More of them do not mean more negatives for contrast and matching.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>The learning rate after warm-up.</summary>
    public double LearningRate { get; init; } = 1e-5;

    /// <summary>The learning rate that the schedule does not go below.</summary>
    public double MinLearningRate { get; init; }

    /// <summary>How the learning rate falls from epoch to epoch.</summary>
    public LearningRateCurve Schedule { get; init; }

    /// <summary>The step schedule's factor of the learning rate after each epoch.</summary>
    public double LearningRateDecay { get; init; } = 1;

    /// <summary>Steps over which the learning rate rises in the first epoch; 0 for none.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>Where the warm-up begins.</summary>
    public double WarmupLearningRate { get; init; } = 1e-6;

    /// <summary>AdamW's weight decay.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>The length that a gradient over all parameters is cut to; 0 for no limit, as in the authors' code.</summary>
    public double ClipNorm { get; init; }

    /// <summary>The parameters that decay.</summary>
    public WeightDecayScope WeightDecayOn { get; init; }

    /// <summary>The share of a token's target that is spread over the vocabulary, 0 to below 1.</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>Words before each caption, one space between, that are given and not learned; empty for none.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Embeddings of earlier batches that contrast sees, of images and texts each; 0 for those of the batch alone.</summary>
    public int QueueSize { get; init; }

    /// <summary>The share that the momentum copies keep of themselves at each step.</summary>
    public double Momentum { get; init; } = 0.995;

    /// <summary>The weight of the momentum copies' similarities in the targets of contrast, at the end of its ramp.</summary>
    public double Alpha { get; init; } = 0.4;

    /// <summary>Epochs over which alpha rises from 0; 0 for its full value from the first step on.</summary>
    public int AlphaRampEpochs { get; init; } = 2;

    /// <summary>The most tokens of a text, [CLS] and [SEP] among them; longer texts are cut.</summary>
    public int MaxTokens { get; init; } = 40;

    /// <summary>The most words of a text that are read at all.</summary>
    public int MaxWords { get; init; } = 30;

    /// <summary>Side of the square that images become.</summary>
    public int ImageSize { get; init; } = 384;

    /// <summary>Parts whose weights stay as they are.</summary>
    public FrozenParts Freeze { get; init; }

    /// <summary>
    /// The rank of LoRA (Hu et al. 2021); 0 trains the weights themselves. With LoRA only products of that rank are trained. They are added
    /// to the attention's projections of queries and values in the text towers, and of all three in the vision tower.
    /// </summary>
    public int LoraRank { get; init; }

    /// <summary>The products are multiplied by this over <see cref="LoraRank"/>; null for twice the rank, as in PEFT's examples.</summary>
    public double? LoraAlpha { get; init; }

    /// <summary>
    /// The vision tower's last layers whose values are computed a second time on the way back and not kept (Chen et al. 2016): less memory for
    /// more time, and the same numbers. 0 keeps all; more than there are means all. The authors' <c>vit_ckpt_layer</c>.
    /// </summary>
    public int CheckpointLayers { get; init; }

    /// <summary>Dropout of the text towers' hidden states: behind the embeddings, and before each residual sum.</summary>
    public double Dropout { get; init; }

    /// <summary>Dropout of the softmax weights in the text towers' attention (<c>attention_probs_dropout_prob</c>).</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Stochastic depth of the vision tower's last layer; it grows from 0 over the layers.</summary>
    public double DropPath { get; init; }

    /// <summary>How images are changed at random.</summary>
    public AugmentationKind Augment { get; init; }

    /// <summary>The least share of an image that a random crop keeps.</summary>
    public double MinCropScale { get; init; } = 0.5;

    /// <summary>Whether half of the images are mirrored. Those are not whose text says "left" or "right".</summary>
    public bool Flip { get; init; } = true;

    /// <summary>The seed of all random numbers.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Whether each epoch has a different order.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Steps between two checkpoints; 0 for one after each epoch.</summary>
    public int SaveSteps { get; init; }

    /// <summary>The format of the trained model.</summary>
    public CheckpointFormat Format { get; init; }

    /// <summary>Checkpoints in a row that are no better on validation data before the run ends; 0 to go on to the end.</summary>
    public int Patience { get; init; }

    /// <summary>Whether to go on with the run that the output folder holds.</summary>
    public bool Resume { get; init; }

    /// <summary>
    /// The format of the products, forward and back: <see cref="Precision.Fp32"/>, <see cref="Precision.Bf16"/>, or
    /// <see cref="Precision.Fp16"/>, which scales the losses. Weights, moments, sums and everything else are in single precision.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>Where it runs: <c>auto</c>, <c>cuda</c>, <c>opencl</c> or <c>cpu</c>, or one of several, <c>cuda:1</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Threads that decode and augment images; 0 for one per core. They never change the result.</summary>
    public int LoaderThreads { get; init; }

    /// <summary>The largest image that is read, in pixels; the default is the pipelines'.</summary>
    public long MaxPixels { get; init; } = new ImageDecoderOptions().MaxPixels;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and says what it may be.</exception>
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
