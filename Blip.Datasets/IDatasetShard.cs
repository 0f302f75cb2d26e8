namespace Blip.Datasets;

/// <summary>A part of a data set, read from beginning to end: a tar, a Parquet file, or a range of a list.</summary>
public interface IDatasetShard
{
    /// <summary>
    /// The shard's name in messages and manifests: the file as given, for a list with its range (<c>captions.json[10000..20000]</c>). It is
    /// unique within the data set and always the same.
    /// </summary>
    string Name { get; }

    /// <summary>
    /// Samples in file order, the same at each reading. A sample's error is in <see cref="Sample.Error"/>. A truncated shard ends with such
    /// a sample.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="DatasetException">The whole shard is unreadable; the message names it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IAsyncEnumerable<Sample> ReadAsync(CancellationToken cancellationToken = default);
}
