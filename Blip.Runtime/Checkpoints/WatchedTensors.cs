using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Checkpoints;

/// <summary>Tensors that report the share of all elements read, and stop on cancellation. A load reads each element once.</summary>
internal sealed class WatchedTensors(ITensorSource source, Action<double> progress, CancellationToken cancellationToken) : ITensorSource
{
    private readonly long total = source.Keys.Sum(
        key => source.TryGet(key, out var info) ? info.Shape.Aggregate(1L, (product, size) => product * size) : 0);
    private long done;

    /// <inheritdoc/>
    public string Description => source.Description;

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => source.Files;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notices => source.Notices;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => source.Keys;

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info) => source.TryGet(key, out info);

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination)
    {
        cancellationToken.ThrowIfCancellationRequested();
        source.Read(key, firstElement, destination);
        progress(Math.Min(1, (double)Interlocked.Add(ref done, destination.Length) / Math.Max(1, total)));
    }

    /// <summary>The source stays the caller's.</summary>
    public void Dispose()
    {
    }
}
