using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Tokenization;
using Blip.Training.Engine;
using Blip.Training.Metrics;
using Blip.Training.Objectives;
using Blip.Training.Saving;

namespace Blip.Training;

/// <summary>An open run: device, weights, tokenizer, learner and folder.</summary>
internal sealed class TrainingSetup : IDisposable
{
    // People read the options' names.
    private static readonly JsonSerializerOptions Named = new() { Converters = { new JsonStringEnumConverter() } };

    // Held open while a run uses its folder.
    private const string LockFile = ".training-lock";

    private const string Positions = "vision_model.embeddings.position_embedding";

    // Within the model's folder.
    private const string AdapterFolder = "adapter";

    private readonly Stack<IDisposable> owned = [];
    private readonly StartingModel model;
    private readonly ITensorSource start, slow;
    private readonly WordPieceTokenizer tokenizer;

    private TrainingSetup(string name, string output, TrainingOptions options)
    {
        (Options, Output) = (options, output);
        try
        {
            model = Own(StartingModel.Open(name, options));
            CheckPlace();
            tokenizer = Tokenizer(name);
            Device = Own(Kernels.Devices.Device.Open(options.Device));
            Config = SizedConfig();
            (start, slow) = (Sized(model.Tensors), Sized(model.Slow));
            if (Config.Vision.ImageSize != model.Files.Config.Vision.ImageSize)
                Notices.Add($"position embeddings are resized from images of {model.Files.Config.Vision.ImageSize} pixels to "
                    + $"{Config.Vision.ImageSize}");
            if (model.Drawn.Count > 0)
                Notices.Add($"{model.Drawn.Count} tensors are not in the model and begin at random: "
                    + $"{string.Join(", ", model.Drawn.Take(2))}, …");
            Learner = Own(Learn());
            if (Learner.Model.Trained is LoraWeights lora)
            {
                Notices.Add(FormattableString.Invariant(
                    $"LoRA of rank {lora.Config.Rank}, alpha {lora.Config.Alpha}: other weights stay; the adapter is in {AdapterFolder}/"));
                if (options.Captioner is not null)
                    Notices.Add("the adapter alone fits no model on disk, since decoder and text encoder share weights from here on: use "
                        + "the merged model");
            }
            if (model.Whole is { } whole && PretrainingQueues.Restore(whole, Learner.Momentum!, Config.ImageTextHiddenSize) is { } queues)
                Notices.Add(queues);
            CheckTexts();
            Learner.CheckMemory();
            Settings = JsonSerializer.Serialize(Comparable(options), Named);
            Fingerprint = ModelFingerprint.Of(start, model.Keys);
            Restored = Restore();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TrainingOptions Options { get; }

    public string Output { get; }

    public Device Device { get; }

    /// <summary>The model's sizes in training.</summary>
    public BlipConfig Config { get; }

    public TaskLearner Learner { get; }

    /// <summary>The settings that a resumed run must share.</summary>
    public string Settings { get; }

    /// <summary>The initial model's hash.</summary>
    public string Fingerprint { get; }

    /// <summary>Whether a requested file of the model is missing.</summary>
    public bool LacksFile => Options.Format == CheckpointFormat.Original && !File.Exists(Path.Combine(Output, ModelFolder.Original));

    /// <summary>The position of a resumed run; null for a new one.</summary>
    public RunPlace? Restored { get; }

    public List<string> Notices { get; } = [];

    public static TrainingSetup Open(string model, string output, TrainingOptions options) => new(model, output, options);

    /// <summary>Tokens of a text, with [CLS], [SEP] and the prompt.</summary>
    public int CountTokens(string text) => tokenizer.Encode(Options.Prompt.Length > 0 ? $"{Options.Prompt} {text}" : text).Length;

    /// <inheritdoc cref="WordPieceTokenizer.UnknownWords"/>
    public IReadOnlyList<string> UnknownWords(string text) => tokenizer.UnknownWords(text);

    /// <summary>Writes the current model.</summary>
    public void WriteModel(string folder)
    {
        using var trained = new TrainedTensorSource(start, Learner.Model, model.Head is null ? MatchObjective.SharedKey : null);
        var keys = model.Head is null ? model.Keys.Append(TrainedKeys.Temperature) : model.Keys;
        ModelFolder.Write(folder, model.Files, trained, keys, Config, model.Head);
        switch (Options.Format)
        {
            case CheckpointFormat.HuggingFace:
                break;
            case CheckpointFormat.Original:
                ModelFolder.WriteOriginal(folder, trained, HasTemperature ? keys.Append(TrainedKeys.Temperature).Distinct() : keys);
                break;
            default:
                throw new UnreachableException($"Nothing is written as {Options.Format}.");
        }
        if (Learner.Model.Trained is LoraWeights lora)
            LoraWriter.Write(Path.Combine(folder, AdapterFolder), lora.Config, [.. lora.ReadPairs().SelectMany(Places)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (owned.TryPop(out var one))
            one.Dispose();
    }

    // A shared tensor and its products are written under each of its names.
    private IEnumerable<LoraPair> Places(LoraPair pair) => model.Head is null
        ? model.Keys.Where(key => MatchObjective.SharedKey(key) == pair.Key).Select(key => pair with { Key = key })
        : [pair];

    // The first release stores the temperature with the weights.
    private bool HasTemperature => Options.Task is TrainingTask.Match or TrainingTask.Pretrain;

    // These may change when a run is resumed.
    private static TrainingOptions Comparable(TrainingOptions options) =>
        options with
        {
            Steps = null,
            SaveSteps = 0,
            Patience = 0,
            Format = CheckpointFormat.HuggingFace,
            Resume = false,
            LoaderThreads = 0,
            CheckpointLayers = 0,
            MaxPixels = 0,
            Device = "auto",
        };

    private T Own<T>(T one)
        where T : IDisposable
    {
        owned.Push(one);
        return one;
    }

    private void CheckPlace()
    {
        var exists = Directory.Exists(Output)
            && Directory.EnumerateFileSystemEntries(Output).Any(entry => Path.GetFileName(entry) != LockFile);
        if (exists && !Options.Resume)
            throw new TrainingException(
                $"{Output} holds something already: name an empty folder, or go on with the run there by --resume.");
        if (model.Files.Folder is not null && Path.GetFullPath(model.Files.Folder) == Path.GetFullPath(Output) && !Options.Resume)
            throw new TrainingException($"{Output} is the model that training begins with: name another folder for what it becomes.");
        try
        {
            Directory.CreateDirectory(Output);
            Own(new FileStream(
                Path.Combine(Output, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (IOException e) when (File.Exists(Path.Combine(Output, LockFile)))
        {
            throw new TrainingException($"{Output}: another process trains there: wait for its end, or name another folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{Output}: the folder of the run cannot be made: {FailureReason.Of(e)}.", e);
        }
    }

    private WordPieceTokenizer Tokenizer(string name)
    {
        var file = model.Files.VocabularyFile
            ?? throw new CheckpointException(
                $"{name}: there is no vocab.txt or tokenizer.json beside the model; texts cannot be learned without.");
        return ModelVocabulary.Load(file, model.Files.Config.Text, name, model.Files.IsSynthetic);
    }

    private BlipConfig SizedConfig()
    {
        var config = model.Files.Config;
        if (Options.ImageSize % config.Vision.PatchSize != 0)
            throw new TrainingException(
                $"ImageSize is {Options.ImageSize}: give a multiple of the patches' side, {config.Vision.PatchSize}.");
        return config with { Vision = config.Vision with { ImageSize = Options.ImageSize } };
    }

    // Resizes position embeddings to the new grid once, as the authors do on loading.
    private ExtraTensorSource Sized(ITensorSource source)
    {
        var tensors = new ExtraTensorSource(source);
        if (HasTemperature)
            tensors.Set(TrainedKeys.Temperature, [], [model.Temperature]);
        var before = model.Files.Config.Vision;
        var (from, to, hidden) = (before.ImageSize / before.PatchSize, Config.Vision.ImageSize / before.PatchSize, before.HiddenSize);
        if (from == to)
            return tensors;
        using var positions = Device.Upload<float>(source.ReadAll(Positions));
        using var resized = Device.Allocate<float>((1 + (to * to)) * hidden);
        PositionInterpolation.Run(Device, positions.View, resized.View, from, from, to, to, hidden);
        tensors.Set(Positions, [1, 1 + (to * to), hidden], resized.ToArray());
        return tensors;
    }

    private TaskLearner Learn()
    {
        var parts = new LearnerParts(Device, start, Config, model.OutputMatrix, tokenizer, Options);
        var processing = model.Files.Preprocessor.ToProcessing() with { Width = Config.Vision.ImageSize, Height = Config.Vision.ImageSize };
        return Options.Task switch
        {
            TrainingTask.Caption => new CaptionLearner(parts, processing),
            TrainingTask.Vqa => new AnswerLearner(parts, processing),
            TrainingTask.Nlvr => new ReasoningLearner(parts, processing),
            TrainingTask.Match or TrainingTask.Pretrain => new MatchLearner(parts, slow, processing),
            _ => throw new UnreachableException($"Nothing learns {Options.Task}."),
        };
    }

    private RunPlace? Restore()
    {
        if (!Options.Resume)
            return null;
        string[] written = [Output, Path.Combine(Output, AdapterFolder), Path.Combine(Output, Trainer.BestFolder)];
        foreach (var folder in written.Where(Directory.Exists))
            ReplacedFile.RemoveUnfinished(folder);
        if (TrainingState.ReadSettings(Output) is not { } settings)
        {
            if (Directory.EnumerateFileSystemEntries(Output).Select(Path.GetFileName).Any(name => !IsOwn(name!)))
            {
                throw new TrainingException(
                    $"{Output} holds no run that can go on: there is no {TrainingState.FileName}. Begin with an empty folder.");
            }
            Notices.Add($"{Output} holds no run to go on with: one begins");
            return null;
        }
        if (TrainingState.IsBegun(Output))
        {
            Notices.Add($"the run in {Output} ended before its first checkpoint: it begins anew");
            return null;
        }
        if (Differences(settings).ToList() is { Count: > 0 } differences)
        {
            throw new TrainingException(
                $"{Output}: the run there was made with other options, give the same ones: {string.Join(", ", differences)}.");
        }
        var restored = TrainingState.Restore(Output, Learner);
        return restored.Model is not { } began || began == Fingerprint
            ? restored
            : throw new TrainingException(
                $"{Output}: the run there began with another model than the one that is named now: name that one.");
    }

    private void CheckTexts()
    {
        var positions = Config.Text.MaxPositions;
        if (Options.MaxTokens > positions)
            throw new TrainingException(
                $"MaxTokens is {Options.MaxTokens}, and the model has positions for {positions} tokens: give at most that.");
        // [CLS], a token of the text, and [SEP].
        if (Options.Prompt.Length > 0 && CountTokens("") >= Options.MaxTokens)
        {
            throw new TrainingException(
                $"Prompt has {CountTokens("") - 2} tokens, and a text has at most {Options.MaxTokens - 2}: nothing would be left to learn. "
                + "Give a shorter one, or a larger MaxTokens.");
        }
    }

    private static bool IsOwn(string name) => name == LockFile || MetricsLog.IsOwn(name);

    // Options newer than the run had their defaults.
    private IEnumerable<string> Differences(string before)
    {
        var (old, given) = (JsonElement.Parse(before), JsonElement.Parse(Settings));
        var defaults = JsonSerializer.SerializeToElement(Comparable(new TrainingOptions { Task = Options.Task }), Named);
        return given.EnumerateObject()
            .Select(option => (
                option.Name, Now: option.Value.ToString(),
                Before: (old.TryGetProperty(option.Name, out var value) ? value : defaults.GetProperty(option.Name)).ToString()))
            .Where(option => option.Now != option.Before)
            .Select(option => $"{option.Name} was {option.Before} and is {option.Now}");
    }
}
