using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Checkpoints;

namespace Blip.Training.Saving;

/// <summary>A pre-training checkpoint's momentum copies, under the names of their originals.</summary>
internal sealed class MomentumTensorSource : ITensorSource
{
    // The copies' modules, and the names that CheckpointKeys knows.
    private static readonly (string Copy, string Module)[] Modules =
    [
        ("visual_encoder_m.", "visual_encoder."), ("text_encoder_m.", "text_encoder."),
        ("vision_proj_m.", "vision_proj."), ("text_proj_m.", "text_proj."),
    ];

    private readonly ITensorSource source;
    private readonly Dictionary<string, string> names;

    private MomentumTensorSource(ITensorSource source, Dictionary<string, string> names) => (this.source, this.names) = (source, names);

    /// <inheritdoc/>
    public string Description => source.Description;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => names.Keys;

    /// <summary>The copies of a checkpoint, which the caller keeps; null where it has none.</summary>
    public static MomentumTensorSource? Of(ITensorSource source)
    {
        var names = new Dictionary<string, string>();
        foreach (var key in source.Keys)
        {
            foreach (var (copy, module) in Modules.Where(one => key.StartsWith(one.Copy, StringComparison.Ordinal)))
                names[CheckpointKeys.Canonical(module + key[copy.Length..])] = key;
        }
        return names.Count == 0 ? null : new MomentumTensorSource(source, names);
    }

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = names.TryGetValue(key, out var name) ? source.Get(name) with { Key = key } : null;
        return info is not null;
    }

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination) => source.Read(names[key], firstElement, destination);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
