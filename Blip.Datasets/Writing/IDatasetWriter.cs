namespace Blip.Datasets.Writing;

/// <summary>Writes the samples of one shard. Nothing is seen under the shard's own name before <see cref="CommitAsync"/>.</summary>
public interface IDatasetWriter : IAsyncDisposable
{
    /// <summary>Writes one sample.</summary>
    /// <exception cref="IOException">It cannot be written, or its image cannot be read.</exception>
    Task WriteAsync(WrittenSample sample, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends the shard: the data go to the disk and get the final name in one step. A file with that name is replaced.
    /// </summary>
    /// <returns>The files and folders that were made, relative to the folder of the data set.</returns>
    Task<IReadOnlyList<string>> CommitAsync(CancellationToken cancellationToken = default);
}
