namespace Blip.Datasets;

/// <summary>A way to keep a data set in files.</summary>
public interface IDatasetFormat
{
    /// <summary>The format's name, as an option spells it: <c>webdataset</c>.</summary>
    string Name { get; }

    /// <summary>
    /// True where a source is of this format, judged by its name and, for a folder, by its contents. It throws nothing.
    /// </summary>
    /// <param name="source">A file or a folder, patterns expanded. Of an address it is the file's name: a copy is opened later.</param>
    bool Recognizes(string source);

    /// <summary>Lists the shards of a source, in an order that depends on names alone.</summary>
    /// <param name="source">A source that the format recognizes, or that the user says is of this format.</param>
    /// <param name="options">Columns, folders and sizes.</param>
    /// <exception cref="DatasetException">The source cannot be listed; the message names it, the fault and the remedy.</exception>
    IReadOnlyList<IDatasetShard> Open(string source, DatasetOptions options);
}
