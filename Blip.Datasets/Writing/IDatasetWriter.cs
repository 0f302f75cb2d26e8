namespace Blip.Datasets.Writing;

/// <summary>Writes the samples of one shard, which gets its name only at <see cref="CommitAsync"/>.</summary>
public interface IDatasetWriter : IAsyncDisposable
{
    /// <summary>Writes one sample.</summary>
    /// <exception cref="IOException">It cannot be written, or its image cannot be read.</exception>
    Task WriteAsync(WrittenSample sample, CancellationToken cancellationToken = default);

    /// <summary>Completes the shard: flushes it to disk and renames it in one step. An existing file is replaced.</summary>
    /// <returns>The new files and folders, relative to the data set's folder.</returns>
    Task<IReadOnlyList<string>> CommitAsync(CancellationToken cancellationToken = default);
}
