using System.Security.Cryptography;
using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>A model that was found: its config and small files, and its unopened weights.</summary>
internal sealed class ModelSource
{
    private const string CacheExtension = ".blip-cache";

    private readonly string? weights;

    private ModelSource(string name, BlipConfig config, string? folder, string? weights)
    {
        (Name, Config, Folder, this.weights) = (name, config, folder, weights);
        Preprocessor = folder is null ? PreprocessorConfig.For(config.Vision) : PreprocessorConfig.Load(folder, config.Vision);
        GenerationDefaults = folder is null ? new GenerationDefaults() : GenerationDefaults.Load(folder);
        VocabularyFile = folder is null
            ? null
            : new[] { "tokenizer.json", "vocab.txt" }.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
    }

    /// <summary>As the user named it.</summary>
    public string Name { get; }

    public BlipConfig Config { get; }

    public PreprocessorConfig Preprocessor { get; }

    public GenerationDefaults GenerationDefaults { get; }

    /// <summary>Null for a synthetic model.</summary>
    public string? Folder { get; }

    /// <summary>tokenizer.json, which goes first as in the reference, or vocab.txt; null for neither.</summary>
    public string? VocabularyFile { get; }

    /// <summary>True for generated weights, which fit any head.</summary>
    public bool IsSynthetic { get; private init; }

    /// <summary>Merged when the weights are opened; null for none.</summary>
    public LoraAdapter? Adapter { get; private init; }

    /// <summary>False for a config without weights, which can be described but not run.</summary>
    public bool HasWeights => IsSynthetic || weights is not null;

    /// <summary>
    /// The file of packed weights: <c>model.fp32.blip-cache</c> beside the weights, or beside the adapter's. In <paramref name="folder"/>,
    /// which many models share, its name is unique. Null for a synthetic model and without weights.
    /// </summary>
    public string? CacheFile(string kind, string? folder = null)
    {
        if (this.weights is null)
            return null;
        var weights = Path.GetFullPath(Adapter?.Files[^1] ?? this.weights);
        var name = Path.GetFileNameWithoutExtension(weights);
        if (folder is null)
            return Path.Combine(Path.GetDirectoryName(weights)!, $"{name}.{kind}{CacheExtension}");
        var place = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(weights)))[..12];
        return Path.Combine(folder, $"{Path.GetFileName(Path.GetDirectoryName(weights))}-{place}.{kind}{CacheExtension}");
    }

    /// <summary>Packed files beside the model, even unfit ones.</summary>
    public IReadOnlyList<string> CacheFiles() => CacheFile("*") is { } pattern
        ? [.. Directory.EnumerateFiles(Path.GetDirectoryName(pattern)!, Path.GetFileName(pattern)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>True for a valid hub name that is no file, no folder and no synthetic model.</summary>
    public static bool IsHubName(string model) => !IsHere(model) && HubCache.IsName(model);

    /// <summary>
    /// Finds a folder with a config.json; a weight file (or the index of several) with a config.json beside it; <c>synthetic:NAME</c>
    /// (<see cref="SyntheticModels"/>); or a hub name in the local cache (<see cref="HubCache"/>). Only a hub name has a revision; null is
    /// its main branch.
    /// </summary>
    /// <exception cref="CheckpointException">There is no such model, or its files are damaged.</exception>
    public static ModelSource Resolve(string model, HubCache? cache = null, string? revision = null)
    {
        if (IsHere(model) && revision is not null)
            throw new CheckpointException(
                $"'{model}' is no name on the Hugging Face hub, and so has no revision '{revision}': leave the revision out.");
        if (model.StartsWith(SyntheticModels.Prefix, StringComparison.Ordinal))
            return Synthetic(SyntheticModels.Config(model[SyntheticModels.Prefix.Length..]), model);
        if (Directory.Exists(model))
            return FromFolder(model, model);
        if (File.Exists(model))
            return FromFile(model);
        if (HubCache.IsName(model))
            return FromFolder((cache ?? HubCache.FromEnvironment()).Find(model, revision ?? HubCache.MainBranch), model);
        throw new CheckpointException(
            $"'{model}' is neither a folder, a file nor a name on the Hugging Face hub such as Salesforce/blip-image-captioning-base.");
    }

    /// <summary>A model of any sizes with generated weights.</summary>
    /// <exception cref="CheckpointException">A size is invalid.</exception>
    public static ModelSource Synthetic(BlipConfig config, string name = "synthetic")
    {
        config.Validate(name);
        return new ModelSource(name, config, null, null) { IsSynthetic = true };
    }

    /// <summary>The same model with a LoRA adapter merged into its weights; null for none.</summary>
    /// <exception cref="CheckpointException">The adapter is absent, damaged, or more than plain LoRA.</exception>
    public ModelSource WithAdapter(string? folder) => folder is null
        ? this
        : new ModelSource(Name, Config, Folder, weights) { IsSynthetic = IsSynthetic, Adapter = LoraAdapter.Load(folder) };

    /// <summary>
    /// Opens the weights under Hugging Face's names, as the files hold them except for an adapter's changes. Synthetic ones serve every
    /// head.
    /// </summary>
    /// <exception cref="CheckpointException">They are absent, damaged or unsafe, or the adapter does not fit.</exception>
    public ITensorSource OpenTensors() => Adapted(
        IsSynthetic ? new SyntheticTensorSource(Config, Enum.GetValues<BlipHead>().Where(Config.Fits))
            : TensorFiles.Open(weights ?? Folder!));

    /// <summary>Opens the weights and checks them against a head's manifest.</summary>
    /// <exception cref="CheckpointException">They are absent, damaged or unsafe, or belong to another model.</exception>
    public Checkpoint OpenCheckpoint(BlipHead head)
    {
        // A VQA checkpoint holds all tensors of a captioner, but would write nonsense.
        if (!IsSynthetic && Config.Head is { } own && own != head)
            throw new CheckpointException($"{Name} is a {own.Architecture()}; a {head.Architecture()} is needed here.");
        return new Checkpoint(IsSynthetic ? Adapted(new SyntheticTensorSource(Config, head)) : OpenTensors(), Config, head);
    }

    private static bool IsHere(string model) =>
        model.StartsWith(SyntheticModels.Prefix, StringComparison.Ordinal) || Directory.Exists(model) || File.Exists(model);

    private ITensorSource Adapted(ITensorSource source) => Adapter is null ? source : new AdaptedTensorSource(source, Adapter);

    private static ModelSource FromFolder(string folder, string name) =>
        new(name, LoadConfig(folder, name), folder, TensorFiles.FindInFolder(folder));

    private static ModelSource FromFile(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var isConfig = Path.GetFileName(file) == "config.json";
        return new ModelSource(file, LoadConfig(folder, file), folder, isConfig ? TensorFiles.FindInFolder(folder) : file);
    }

    private static BlipConfig LoadConfig(string folder, string name)
    {
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path) && File.Exists(Path.Combine(folder, LoraConfig.FileName)))
            throw new CheckpointException($"{name}: {LoraAdapter.NotModel}.");
        return File.Exists(path)
            ? BlipConfig.Load(path)
            : throw new CheckpointException($"{name}: there is no config.json in '{folder}'; put the model's beside its weights.");
    }
}
