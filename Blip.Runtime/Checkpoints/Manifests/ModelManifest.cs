using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// A tensor of a <see cref="ModelManifest"/>. A tied one is the tensor <c>TiedTo</c>. <c>CopiedFrom</c> fills one that a checkpoint of an
/// earlier training stage lacks.
/// </summary>
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

    public ModuleNode Root { get; }

    public IReadOnlyList<ManifestEntry> Entries { get; }

    /// <summary>A checkpoint's parameters as float32.</summary>
    public IEnumerable<KeyValuePair<string, TensorInfo>> Parameters => Entries
        .Where(entry => entry.Kind == ManifestEntryKind.Parameter)
        .Select(entry => KeyValuePair.Create(entry.Key, new TensorInfo(entry.Key, DType.Float32, [.. entry.Shape])));

    /// <summary>Elements of all parameters, tied ones counted once.</summary>
    public long TotalParameters => Root.TotalParameters;

    /// <exception cref="CheckpointException">The sizes do not fit the head.</exception>
    public static ModelManifest For(BlipConfig config, BlipHead head) => new(ModuleTree.Build(config, head));

    private static void Collect(ModuleNode module, string prefix, List<ManifestEntry> entries)
    {
        foreach (var tensor in module.Tensors)
            entries.Add(new ManifestEntry(prefix + tensor.Name, tensor.Shape, tensor.Kind, tensor.TiedTo, tensor.CopiedFrom));
        foreach (var child in module.Children)
            Collect(child, $"{prefix}{child.Name}.", entries);
    }
}
