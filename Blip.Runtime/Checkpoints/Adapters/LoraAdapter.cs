using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// The matrices of an adapted weight [out, in], which becomes W + scale · B·A. A (Down) is [rank, in] and B (Up) is [out, rank], row by
/// row. A kernel's sides count as part of "in".
/// </summary>
internal sealed record LoraPair(string Key, double Scale, float[] Down, float[] Up, int Rank)
{
    /// <summary>Columns of A.</summary>
    public int Width => Down.Length / Rank;

    /// <summary>Rows of B.</summary>
    public int Height => Up.Length / Rank;
}

/// <summary>
/// A LoRA adapter in a folder as PEFT saves it: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> (or <c>.bin</c>), held in
/// memory.
/// </summary>
internal sealed class LoraAdapter
{
    /// <summary>PEFT's prefix of a module's name.</summary>
    public const string Prefix = "base_model.model.";

    /// <summary>Suffix of A, whose rows are the rank.</summary>
    public const string DownSuffix = ".lora_A.weight";

    /// <summary>Suffix of B, whose columns are the rank.</summary>
    public const string UpSuffix = ".lora_B.weight";

    /// <summary>The error for an adapter given as a model.</summary>
    public const string NotModel =
        "this is an adapter of the PEFT library and no model: name the model that it was trained on, and give this folder as its adapter "
            + "(--adapter)";

    public const string FileName = "adapter_model.safetensors";

    // Older releases of PEFT wrote a pickle.
    private static readonly string[] Names = [FileName, "adapter_model.bin"];

    private LoraAdapter(string folder, string file, LoraConfig config, List<LoraPair> pairs)
    {
        (Folder, Config, Pairs) = (folder, config, pairs);
        Files = [Path.Combine(folder, LoraConfig.FileName), file];
    }

    public string Folder { get; }

    /// <summary>The config, then the tensors' file.</summary>
    public IReadOnlyList<string> Files { get; }

    public LoraConfig Config { get; }

    public IReadOnlyList<LoraPair> Pairs { get; }

    /// <exception cref="CheckpointException">The adapter is absent, damaged, or not plain LoRA.</exception>
    public static LoraAdapter Load(string folder)
    {
        if (!Directory.Exists(folder))
            throw new CheckpointException($"the adapter '{folder}' is no folder; name one with {LoraConfig.FileName} and {FileName}.");
        var config = LoraConfig.Load(folder);
        var file = Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new CheckpointException(
                $"{folder}: the adapter's tensors are absent: there is no {string.Join(" and no ", Names)}.");
        using var tensors = TensorFiles.OpenFile(file);
        return new LoraAdapter(folder, file, config, ReadPairs(tensors, config));
    }

    private static List<LoraPair> ReadPairs(ITensorSource tensors, LoraConfig config)
    {
        var pairs = new List<LoraPair>();
        foreach (var key in tensors.Keys.Order(StringComparer.Ordinal))
        {
            if (ModuleOf(key, UpSuffix) is { } other)
                Get(tensors, other, DownSuffix);
            else if (ModuleOf(key, DownSuffix) is { } module)
                pairs.Add(ReadPair(tensors, module, config));
            else
                throw new CheckpointException(
                    $"{tensors.Description}: '{key}' is neither {Prefix}MODULE{DownSuffix} nor …{UpSuffix}; only LORA adapters of "
                    + "linear layers and convolutions can be merged.");
        }
        return pairs.Count > 0 ? pairs : throw new CheckpointException($"{tensors.Description}: the adapter holds no tensors.");
    }

    private static string? ModuleOf(string key, string suffix) =>
        key.Length > Prefix.Length + suffix.Length
            && key.StartsWith(Prefix, StringComparison.Ordinal)
            && key.EndsWith(suffix, StringComparison.Ordinal)
            ? key[Prefix.Length..^suffix.Length]
            : null;

    private static LoraPair ReadPair(ITensorSource tensors, string module, LoraConfig config)
    {
        var (down, up) = (Get(tensors, module, DownSuffix), Get(tensors, module, UpSuffix));
        var rank = config.RankOf(module);
        if (down.Shape.Length < 2 || down.Shape[0] != rank)
            throw WrongShape(tensors, down, $"[{rank}, in]", rank);
        // A convolution's B has two more dimensions of length 1.
        if (up.Shape.Length < 2 || up.Shape[1] != rank || up.Shape.Skip(2).Any(side => side != 1))
            throw WrongShape(tensors, up, $"[out, {rank}]", rank);
        return new LoraPair(
            CheckpointKeys.Canonical(module + ".weight"), config.ScaleOf(module), tensors.ReadAll(down.Key), tensors.ReadAll(up.Key), rank);
    }

    private static TensorInfo Get(ITensorSource tensors, string module, string suffix)
    {
        if (!tensors.TryGet(Prefix + module + suffix, out var info))
            throw new CheckpointException($"{tensors.Description}: '{Prefix}{module}{suffix}' is absent, but its partner is there.");
        return info.Type.IsFloatingPoint()
            ? info
            : throw new CheckpointException($"{tensors.Description}: '{info.Key}' is of type {info.Type}, not a floating-point one.");
    }

    private static CheckpointException WrongShape(ITensorSource tensors, TensorInfo info, string wanted, int rank) =>
        new($"{tensors.Description}: '{info.Key}' has the shape {info.ShapeText} where {wanted} is wanted: "
            + $"{LoraConfig.FileName} says rank {rank}.");
}
