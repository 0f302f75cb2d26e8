using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Checkpoints;

/// <summary>A model's weights made up by <see cref="SyntheticTensors"/>: any size without a download.</summary>
internal sealed class SyntheticTensorSource : ITensorSource
{
    private readonly Dictionary<string, TensorInfo> _tensors;
    private readonly string _salt;

    /// <summary>The tensors that a checkpoint of this model holds.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="head">The head.</param>
    /// <param name="salt">Stands in front of every name: another salt, other weights.</param>
    /// <exception cref="CheckpointException">The head cannot be built with these sizes.</exception>
    public SyntheticTensorSource(BlipConfig config, BlipHead head, string salt = "")
        : this(config, [head], salt)
    {
    }

    /// <summary>The tensors of several heads in one: a tensor that two of them have is the same in both.</summary>
    internal SyntheticTensorSource(BlipConfig config, IEnumerable<BlipHead> heads, string salt = "")
    {
        _salt = salt;
        _tensors = heads.SelectMany(head => ModelManifest.For(config, head).Parameters).DistinctBy(parameter => parameter.Key).ToDictionary();
    }

    /// <inheritdoc/>
    public string Description => "synthetic weights";

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => _tensors.Keys;

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info) => _tensors.TryGetValue(key, out info);

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination)
    {
        var info = this.Get(key);
        TensorSources.CheckRange(info, firstElement, destination.Length);
        var (offset, scale) = SyntheticTensors.Rule(key, info.Shape);
        SyntheticTensors.Fill(_salt + key, offset, scale, destination, firstElement);
    }

    /// <summary>Does nothing: there is nothing to free.</summary>
    public void Dispose()
    {
    }
}
