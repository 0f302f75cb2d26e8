using System.CommandLine;
using System.Globalization;
using Blip.Runtime.Models;
using Blip.Training;

namespace Blip.Cli.Options;

/// <summary>A training run's options: the recipe's numbers with the given changes.</summary>
internal sealed class TrainingBinding
{
    private readonly TrainingTask task;
    private readonly List<(Option Option, Func<ParseResult, TrainingOptions, TrainingOptions> Apply)> settings = [];
    private readonly Option<string> recipe;
    private readonly Option<bool> large = new("--large") { Description = "The recipe for a model with ViT-L: smaller rates and batches." };

    private readonly Option<string> output = new Option<string>("--output")
    {
        Description = "The folder of the run, which becomes the trained model's: new, empty, or with --resume of the same run.",
        HelpName = "DIR",
        Required = true,
    }.Written();

    public TrainingBinding(Command command, TrainingTask task)
    {
        this.task = task;
        recipe = OptionKinds.Choice(
            "--recipe", $"Whose numbers: {TrainingRecipes.SourceOf(task, TrainingRecipe.Paper)}; or "
                + $"{TrainingRecipes.SourceOf(task, TrainingRecipe.Lavis)}.",
            "paper", ["paper", "lavis"]);
        command.Add(output);
        command.Add(recipe);
        command.Add(large);
        AddLength();
        AddRates();
        AddTexts();
        AddImages();
        AddRun();
        if (task is TrainingTask.Match or TrainingTask.Pretrain)
            AddContrast();
        foreach (var (option, _) in settings)
            command.Add(option);
    }

    private TrainingOptions Defaults => TrainingRecipes.For(task);

    public string Output(ParseResult parsed) => parsed.GetRequiredValue(output);

    /// <summary>The requested numbers. <paramref name="imageSize"/> is the default side; null for the recipe's.</summary>
    /// <exception cref="UsageException">One is out of range.</exception>
    public TrainingOptions Options(ParseResult parsed, int? imageSize = null)
    {
        var chosen = parsed.GetRequiredValue(recipe) == "lavis" ? TrainingRecipe.Lavis : TrainingRecipe.Paper;
        var options = TrainingRecipes.For(task, chosen, parsed.GetValue(large));
        options = options with { ImageSize = imageSize ?? options.ImageSize };
        foreach (var (_, apply) in settings)
            options = apply(parsed, options);
        try
        {
            options.Validate();
        }
        catch (ArgumentException e)
        {
            throw OptionNames.Explain(e);
        }
        return options;
    }

    private void AddLength()
    {
        Number<int>("--epochs", $"Passes over the data. [paper: {Defaults.Epochs}]", (options, value) => options with { Epochs = value });
        Number<int>("--steps", "Ends after so many steps.", (options, value) => options with { Steps = value });
        Number<int>("--batch-size", $"Images of a batch. [paper: {Defaults.BatchSize}]",
            (options, value) => options with { BatchSize = value });
        Number<int>(
            "--accumulate", "Batches whose gradients make one step; they do not add negatives. [default: 1]",
            (options, value) => options with { Accumulate = value });
    }

    private void AddRates()
    {
        Number<double>(
            "--learning-rate",
                $"The learning rate behind the warm-up. [paper: {Defaults.LearningRate.ToString("0.#e-0", CultureInfo.InvariantCulture)}]",
            (options, value) => options with { LearningRate = value });
        Number<double>(
            "--min-learning-rate", "Where the schedule ends. [paper: 0, pretrain 1e-6]",
            (options, value) => options with { MinLearningRate = value });
        Choice<LearningRateCurve>(
            "--schedule", "How the rate falls from epoch to epoch.", (options, value) => options with { Schedule = value });
        Number<int>("--warmup-steps", "Steps over which the rate rises.", (options, value) => options with { WarmupSteps = value });
        Number<double>("--weight-decay", "AdamW's decay. [default: 0.05]", (options, value) => options with { WeightDecay = value });
        Choice<WeightDecayScope>(
            "--weight-decay-on", "What decays: all as in the authors' code, or matrices alone.",
            (options, value) => options with { WeightDecayOn = value });
        Number<double>("--clip-norm", "The longest gradient; 0 for no limit. [default: 0]",
            (options, value) => options with { ClipNorm = value });
    }

    private void AddTexts()
    {
        if (task != TrainingTask.Match)
        {
            Number<double>(
                "--label-smoothing", "The share of a token's target that all tokens share. [default: 0.1]",
                (options, value) => options with { LabelSmoothing = value });
        }
        if (task == TrainingTask.Caption)
        {
            Add(
                OptionKinds.Text(
                    "--prompt", $"Words before each caption, given and not learned; \"\" for none. [paper: \"{Defaults.Prompt}\"]", "TEXT"),
                (options, value) => options with { Prompt = value });
        }
        Number<int>("--max-words", $"The most words of a text that are read. [paper: {Defaults.MaxWords}]",
            (options, value) => options with { MaxWords = value });
        Number<int>("--max-tokens", $"The most tokens of a text. [paper: {Defaults.MaxTokens}]",
            (options, value) => options with { MaxTokens = value });
    }

    private void AddImages()
    {
        Number<int>("--image-size", $"The images' side in pixels. [paper: {Defaults.ImageSize}; the demo: its own]",
            (options, value) => options with { ImageSize = value });
        Choice<AugmentationKind>("--augment", "How images are changed at random.", (options, value) => options with { Augment = value });
        Flag("--no-flip", "Never mirror images.", options => options with { Flip = false });
        Number<double>(
            "--dropout", $"The share of the text towers' hidden states that is left out. [paper: {Defaults.Dropout}]",
            (options, value) => options with { Dropout = value });
        Number<double>(
            "--attention-dropout",
            $"The share of softmax weights that the text towers' attention leaves out. [paper: {Defaults.AttentionDropout}]",
            (options, value) => options with { AttentionDropout = value });
        Number<double>(
            "--drop-path", $"The share of images that leave the last vision layer out. [paper: {Defaults.DropPath}, with --large 0.1]",
            (options, value) => options with { DropPath = value });
        Choice<FrozenParts>(
            "--freeze", "A part that is not trained.", (options, value) => options with { Freeze = value },
            FrozenParts.Vision, FrozenParts.Text);
        AddLora();
    }

    private void AddLora()
    {
        Number<int>(
            "--lora",
            "The rank of LoRA: trains an adapter of the attention in place of the weights. The run's folder is the merged model, "
            + "with the adapter in PEFT's format. 0 for none. [default: 0]",
            (options, value) => options with { LoraRank = value });
        Number<double>(
            "--lora-alpha", "The products are multiplied by this over the rank. [default: twice the rank]",
            (options, value) => options with { LoraAlpha = value });
    }

    private void AddRun()
    {
        var init = OptionKinds.Choice(
            "--init", "The first weights: the model's, or drawn at random, which needs its config and vocabulary alone.", "model",
            ["model", "random"]);
        settings.Add((init, (parsed, options) =>
            options with { Init = Enum.Parse<InitialWeights>(parsed.GetRequiredValue(init), ignoreCase: true) }));
        Number<long>("--seed", "What all random numbers follow from. [default: 42]", (options, value) => options with { Seed = value });
        Flag("--no-shuffle", "Read the data in their order.", options => options with { Shuffle = false });
        Number<int>("--save-steps", "Steps between two checkpoints; 0 for one after each epoch. [default: 0]",
            (options, value) => options with { SaveSteps = value });
        var format = OptionKinds.Choice(
            "--format", "huggingface, or original: beside it original.pth, as the authors' code saves a model.", "huggingface",
                ["huggingface", "original"]);
        settings.Add((format, (parsed, options) =>
            options with { Format = Enum.Parse<CheckpointFormat>(parsed.GetRequiredValue(format), ignoreCase: true) }));
        Number<int>(
            "--patience", "Ends after so many checkpoints in a row that are no better on --validation; 0 for never. [default: 0]",
            (options, value) => options with { Patience = value });
        Flag("--resume", "Go on with the run in --output.", options => options with { Resume = true });
        var precision = OptionKinds.Choice(
            "--precision", "The format of the products, forward and back; weights and sums stay in fp32, and fp16 scales the losses.",
            "fp32", ["fp32", "bf16", "fp16"]);
        settings.Add((precision, (parsed, options) => options with
        {
            Precision = Enum.Parse<Precision>(parsed.GetRequiredValue(precision), ignoreCase: true),
        }));
        Number<int>("--loader-threads", "Threads that read images; 0 for one per core. [default: 0]",
            (options, value) => options with { LoaderThreads = value });
        Number<int>(
            "--checkpoint-layers",
            "The vision tower's last layers whose values are computed again on the way back: less memory, more time, the same numbers. "
                + "[default: 0]",
            (options, value) => options with { CheckpointLayers = value });
        Number<long>(
            "--max-pixels", "The largest image that is read, in pixels. [default: 178956970]", (options, value) => options with
            {
                MaxPixels = value,
            });
        var device = OptionKinds.Text("--device", "auto, cuda, opencl, cpu, or one of several, cuda:1. [default: auto]", "NAME");
        Add(device, (options, value) => options with { Device = value });
    }

    private void AddContrast()
    {
        Number<int>(
            "--queue-size", $"Embeddings of earlier batches that contrast sees; 0 for none. [paper: {Defaults.QueueSize}]",
            (options, value) => options with { QueueSize = value });
        Number<double>("--momentum", "What the momentum copies keep of themselves. [default: 0.995]",
            (options, value) => options with { Momentum = value });
        Number<double>("--alpha", "The weight of the copies' similarities in the targets. [default: 0.4]",
            (options, value) => options with { Alpha = value });
    }

    private void Number<T>(string name, string description, Func<TrainingOptions, T, TrainingOptions> apply)
        where T : struct, System.Numerics.INumber<T>
    {
        var option = OptionKinds.Number<T>(name, description);
        settings.Add((option, (parsed, options) => parsed.GetValue(option) is { } value ? apply(options, value) : options));
    }

    private void Choice<T>(
        string name, string description, Func<TrainingOptions, T, TrainingOptions> apply, params ReadOnlySpan<T> values)
        where T : struct, Enum
    {
        const string Recipes = "recipe";
        var words = (values.IsEmpty ? Enum.GetValues<T>() : values.ToArray()).Select(value => value.ToString().ToLowerInvariant());
        var option = OptionKinds.Choice(name, description, Recipes, [.. words, Recipes]);
        settings.Add((option, (parsed, options) => parsed.GetRequiredValue(option) is var word && word != Recipes
            ? apply(options, Enum.Parse<T>(word, ignoreCase: true))
            : options));
    }

    private void Flag(string name, string description, Func<TrainingOptions, TrainingOptions> apply)
    {
        var option = new Option<bool>(name) { Description = description };
        settings.Add((option, (parsed, options) => parsed.GetValue(option) ? apply(options) : options));
    }

    private void Add(Option<string?> option, Func<TrainingOptions, string, TrainingOptions> apply) =>
        settings.Add((option, (parsed, options) => parsed.GetValue(option) is { } value ? apply(options, value) : options));
}
