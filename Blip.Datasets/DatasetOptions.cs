namespace Blip.Datasets;

/// <summary>How the sources of a data set are read.</summary>
public sealed record DatasetOptions
{
    /// <summary>The format of all sources, by its name; null detects each source's format.</summary>
    public string? Format { get; init; }

    /// <summary>Custom formats, which are asked before those of <see cref="Dataset.Formats"/>.</summary>
    public IReadOnlyList<IDatasetFormat> OwnFormats { get; init; } = [];

    /// <summary>The column or field that holds the image (its bytes, or its path); null finds the usual names.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>The column or field that holds the text, or a list of texts; null finds the usual names.</summary>
    public string? TextColumn { get; init; }

    /// <summary>The column or field of a list or table that holds the key; null makes one of the image's path, or of the row.</summary>
    public string? KeyColumn { get; init; }

    /// <summary>The folder that paths in lists and tables are relative to; null for the folder of the list itself.</summary>
    public string? ImageRoot { get; init; }

    /// <summary>Samples of a shard where a source has no shards itself: folders, lists and tables of text.</summary>
    public int ShardSize { get; init; } = 10_000;

    /// <summary>Which part of Karpathy's files (<c>train</c>, <c>restval</c>, <c>val</c>, <c>test</c>); others have no parts.</summary>
    public string Split { get; init; } = "train";

    /// <summary>A folder for copies of shards that come over the network or out of a command; null for the system's.</summary>
    public string? ScratchFolder { get; init; }

    /// <summary>Whether <c>pipe:COMMAND</c> runs a command. Only a person's own command line may allow it.</summary>
    public bool AllowCommands { get; init; }

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is out of range.</exception>
    public void Validate()
    {
        if (ShardSize < 1)
            throw new ArgumentException($"ShardSize is {ShardSize}; a shard holds at least 1 sample.", nameof(ShardSize));
    }
}
