namespace Blip.Datasets;

/// <summary>A part of a data set that is read from its beginning to its end: a tar, a Parquet file, or a range of a list.</summary>
public interface IDatasetShard
{
    /// <summary>
    /// The shard's name in messages and in the manifest of a run: the file as it was named, and for a part of a list the range
    /// (<c>captions.json[10000..20000]</c>). It is unique within a data set, and the same whenever the data set is opened.
    /// </summary>
    string Name { get; }

    /// <summary>
    /// Samples in the order of the file, the same at each reading. A sample's error is that sample's <see
    /// cref="Sample.Error"/>; a
    /// shard that is cut off ends with such a sample.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="DatasetException">The shard cannot be read at all; the message names it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IAsyncEnumerable<Sample> ReadAsync(CancellationToken cancellationToken = default);
}
