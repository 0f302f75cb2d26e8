using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Checkpoints;

namespace Blip.Training.Saving;

/// <summary>Pre-training's start from two models: the decoder of a captioner, all else of a matcher.</summary>
/// <param name="matcher">All but the decoder.</param>
/// <param name="captioner">The decoder.</param>
internal sealed class PairedTensorSource(ITensorSource matcher, ITensorSource captioner) : ITensorSource
{
    /// <inheritdoc/>
    public string Description => $"{matcher.Description} and {captioner.Description}";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [.. matcher.Files, .. captioner.Files];

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => [.. matcher.Keys.Where(key => !IsDecoders(key)), .. captioner.Keys.Where(IsDecoders)];

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info) => Of(key).TryGet(key, out info);

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination) => Of(key).Read(key, firstElement, destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        matcher.Dispose();
        captioner.Dispose();
    }

    private static bool IsDecoders(string key) => key.StartsWith("text_decoder.", StringComparison.Ordinal);

    private ITensorSource Of(string key) => IsDecoders(key) ? captioner : matcher;
}
