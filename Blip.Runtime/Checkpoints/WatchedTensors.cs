using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Checkpoints;

/// <summary>Tensors whose reading is told, and ends when it is called off.</summary>
/// <param name="source">The tensors; they stay the caller's.</param>
/// <param name="progress">Told the share of all elements that was read; each is read once by a load.</param>
/// <param name="cancellationToken">Ends the next read.</param>
internal sealed class WatchedTensors(ITensorSource source, Action<double> progress, CancellationToken cancellationToken) : ITensorSource
{
    private readonly long total = source.Keys.Sum(key => source.TryGet(key, out var info) ? info.Shape.Aggregate(1L, (product, size) => product * size) : 0);
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

    /// <summary>Disposes nothing.</summary>
    public void Dispose()
    {
    }
}
