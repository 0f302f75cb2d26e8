using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph.Backward;

namespace Blip.Training.Engine;

/// <summary>A checkpoint during training: trained tensors come from the device, all others from the initial weights.</summary>
/// <param name="source">The initial weights; the caller keeps them.</param>
/// <param name="model">The model that learns.</param>
/// <param name="shared">Maps a key to the key of its shared tensor; null without sharing.</param>
internal sealed class TrainedTensorSource(ITensorSource source, TrainedModel model, Func<string, string>? shared = null) : ITensorSource
{
    private readonly Dictionary<string, (TrainedParameter Parameter, int Key)> trained = model.Trained.Parameters
        .SelectMany(parameter => parameter.Keys.Select((key, i) => (key, (parameter, i)))).ToDictionary();

    // Keys of one stacked matrix are read in succession.
    private (TrainedParameter? Parameter, float[] Values) last = (null, []);

    /// <inheritdoc/>
    public string Description => source.Description;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => source.Keys;

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info) => source.TryGet(key, out info);

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination)
    {
        key = shared?.Invoke(key) ?? key;
        if (!trained.TryGetValue(key, out var place))
        {
            source.Read(key, firstElement, destination);
            return;
        }
        if (last.Parameter != place.Parameter)
            last = (place.Parameter, Values(place.Parameter));
        var before = place.Parameter.Keys.Take(place.Key).Sum(other => this.Get(other).ElementCount);
        last.Values.AsSpan((int)(before + firstElement), destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private float[] Values(TrainedParameter parameter) =>
        parameter.Matrix is { } matrix ? model.Weights.ReadRows(matrix) : model.Device.Read(model.Trained.Dense(parameter));
}
