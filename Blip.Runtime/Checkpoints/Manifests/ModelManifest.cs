using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>A line of a <see cref="ModelManifest"/>.</summary>
/// <param name="Key">The tensor's name in a checkpoint.</param>
/// <param name="Shape">Its dimensions, the slowest first.</param>
/// <param name="Kind">Whether a checkpoint must hold it.</param>
/// <param name="TiedTo">The key of the tensor that a tied one is.</param>
/// <param name="CopiedFrom">The key of the tensor that fills it where a checkpoint of an earlier stage of training lacks it.</param>
internal sealed record ManifestEntry(string Key, IReadOnlyList<long> Shape, ManifestEntryKind Kind, string? TiedTo, string? CopiedFrom);

/// <summary>Every tensor that Hugging Face's releases 4.x save of a model, in their order, from its config alone.</summary>
internal sealed class ModelManifest
{
    private ModelManifest(ModuleNode root)
    {
        Root = root;
        var entries = new List<ManifestEntry>();
        Collect(root, "", entries);
        Entries = entries;
    }

    /// <summary>The model's modules.</summary>
    public ModuleNode Root { get; }

    /// <summary>The tensors.</summary>
    public IReadOnlyList<ManifestEntry> Entries { get; }

    /// <summary>The parameters that a checkpoint holds, in single precision, by name.</summary>
    public IEnumerable<KeyValuePair<string, TensorInfo>> Parameters => Entries
        .Where(entry => entry.Kind == ManifestEntryKind.Parameter)
        .Select(entry => KeyValuePair.Create(entry.Key, new TensorInfo(entry.Key, DType.Float32, [.. entry.Shape])));

    /// <summary>Numbers in all parameters, tied ones counted once.</summary>
    public long TotalParameters => Root.TotalParameters;

    /// <summary>Makes the manifest of a model.</summary>
    /// <exception cref="CheckpointException">The head cannot be built with these sizes.</exception>
    public static ModelManifest For(BlipConfig config, BlipHead head) => new(ModuleTree.Build(config, head));

    private static void Collect(ModuleNode module, string prefix, List<ManifestEntry> entries)
    {
        foreach (var tensor in module.Tensors)
            entries.Add(new ManifestEntry(prefix + tensor.Name, tensor.Shape, tensor.Kind, tensor.TiedTo, tensor.CopiedFrom));
        foreach (var child in module.Children)
            Collect(child, $"{prefix}{child.Name}.", entries);
    }
}
