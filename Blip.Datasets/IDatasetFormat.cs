namespace Blip.Datasets;

/// <summary>A file format of data sets.</summary>
public interface IDatasetFormat
{
    /// <summary>The format's name in options: <c>webdataset</c>.</summary>
    string Name { get; }

    /// <summary>Whether a source is of this format, by its name or a folder's contents. It never throws.</summary>
    /// <param name="source">A file or a folder without patterns. For an address it is the file name; a copy is opened later.</param>
    bool Recognizes(string source);

    /// <summary>Lists a source's shards, in an order that depends on names alone.</summary>
    /// <param name="source">A source that is recognized or that the user says is of this format.</param>
    /// <param name="options">Reading options.</param>
    /// <exception cref="DatasetException">The source cannot be listed; the message names it, the fault and the remedy.</exception>
    IReadOnlyList<IDatasetShard> Open(string source, DatasetOptions options);
}
