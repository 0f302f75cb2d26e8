using System.Diagnostics.CodeAnalysis;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Training.Saving;

/// <summary>A checkpoint with additional or replaced tensors.</summary>
/// <param name="source">The checkpoint, disposed with this one.</param>
internal sealed class ExtraTensorSource(ITensorSource source) : ITensorSource
{
    private readonly Dictionary<string, (TensorInfo Info, float[] Values)> extra = [];

    /// <inheritdoc/>
    public string Description => source.Description;

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => source.Files;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => [.. source.Keys.Union(extra.Keys)];

    /// <summary>Adds or replaces a tensor.</summary>
    public void Set(string key, long[] shape, float[] values) => extra[key] = (new TensorInfo(key, DType.Float32, shape), values);

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = extra.TryGetValue(key, out var one) ? one.Info : null;
        return info is not null || source.TryGet(key, out info);
    }

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination)
    {
        if (!extra.TryGetValue(key, out var one))
        {
            source.Read(key, firstElement, destination);
            return;
        }
        TensorSources.CheckRange(one.Info, firstElement, destination.Length);
        one.Values.AsSpan((int)firstElement, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();
}
