using System.Diagnostics.CodeAnalysis;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Weights checked against a model: every tensor of its manifest can be read with the manifest's shape, tied ones under both names.
/// </summary>
internal sealed class Checkpoint : ITensorSource
{
    private const int MostListed = 8;

    private readonly ITensorSource source;
    private readonly Dictionary<string, TensorInfo> tensors = [];
    private readonly Dictionary<string, string> aliases = [];

    /// <summary>Takes ownership of the source, even on refusal.</summary>
    /// <exception cref="CheckpointException">Tensors are absent or of another shape.</exception>
    public Checkpoint(ITensorSource source, BlipConfig config, BlipHead head)
    {
        this.source = source;
        try
        {
            Manifest = ModelManifest.For(config, head);
            Check();
            Keys = [.. source.Keys.Where(tensors.ContainsKey), .. aliases.Keys];
            ExtraKeys = [.. source.Keys.Except(Manifest.Entries.Select(entry => entry.Key)).Except(aliases.Values)
                .Order(StringComparer.Ordinal)];
            HasTiedOutput = tensors.ContainsKey(CheckpointKeys.OutputMatrix)
                && IsCopy(CheckpointKeys.OutputMatrix, CheckpointKeys.WordEmbeddings);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Description => source.Description;

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => source.Files;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notices => source.Notices;

    public ModelManifest Manifest { get; }

    /// <summary>The manifest's tensors without its integer buffers: in the file's order, then second names.</summary>
    public IReadOnlyCollection<string> Keys { get; }

    /// <summary>Tensors of the file that the model does not use.</summary>
    public IReadOnlyList<string> ExtraKeys { get; }

    /// <summary>True where the output matrix equals the word embeddings, so that they can share memory.</summary>
    public bool HasTiedOutput { get; }

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info) => tensors.TryGetValue(key, out info);

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination) =>
        source.Read(aliases.GetValueOrDefault(this.Get(key).Key, key), firstElement, destination);

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();

    private void Check()
    {
        var (missing, wrong) = (new List<string>(), new List<string>());
        foreach (var entry in Manifest.Entries.Where(entry => entry.Kind != ManifestEntryKind.Buffer))
        {
            if (Find(entry) is not { } info)
                missing.Add(entry.Key);
            else if (!info.Shape.SequenceEqual(entry.Shape))
                wrong.Add($"'{entry.Key}' has the shape {info.ShapeText} where the config wants {TensorInfo.Format(entry.Shape)}");
            else if (!info.Type.IsFloatingPoint())
                wrong.Add($"'{entry.Key}' is of type {info.Type}, not a floating-point one");
            else
                tensors.Add(entry.Key, info with { Key = entry.Key });
        }
        if (missing.Count > 0)
            throw new CheckpointException(
                $"{Description}: {missing.Count} of {Manifest.Entries.Count} tensors of {Manifest.Root.ClassName} are absent: "
                    + $"{List(missing)}. Check that the file belongs to the config.");
        if (wrong.Count > 0)
            throw new CheckpointException($"{Description}: {List(wrong)}. Check that the file belongs to the config.");
    }

    private TensorInfo? Find(ManifestEntry entry)
    {
        if (source.TryGet(entry.Key, out var info))
            return info;
        // A file holds a tied tensor under one name, usually the first.
        var other = entry.CopiedFrom ?? entry.TiedTo ?? Manifest.Entries.FirstOrDefault(e => e.TiedTo == entry.Key)?.Key;
        if (other is null || !source.TryGet(other, out info))
            return null;
        aliases[entry.Key] = other;
        return info;
    }

    private bool IsCopy(string key, string original)
    {
        if (aliases.ContainsKey(key) || aliases.ContainsKey(original))
            return true;
        const int Piece = 1 << 16;
        var (left, right) = (new float[Piece], new float[Piece]);
        var total = tensors[key].ElementCount;
        for (var first = 0L; first < total; first += Piece)
        {
            var count = (int)Math.Min(Piece, total - first);
            Read(key, first, left.AsSpan(0, count));
            Read(original, first, right.AsSpan(0, count));
            if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                return false;
        }
        return true;
    }

    private static string List(List<string> items) =>
        string.Join("; ", items.Take(MostListed)) + (items.Count > MostListed ? $"; and {items.Count - MostListed} more" : "");
}
