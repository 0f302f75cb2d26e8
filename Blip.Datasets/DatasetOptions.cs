namespace Blip.Datasets;

/// <summary>How the sources of a data set are read.</summary>
public sealed record DatasetOptions
{
    /// <summary>The name of all sources' format; null detects each format.</summary>
    public string? Format { get; init; }

    /// <summary>Custom formats, asked before <see cref="Dataset.Formats"/>.</summary>
    public IReadOnlyList<IDatasetFormat> OwnFormats { get; init; } = [];

    /// <summary>The column or field of the image, as bytes or a path; null tries the usual names.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>The column or field of the text or texts; null tries the usual names.</summary>
    public string? TextColumn { get; init; }

    /// <summary>The column or field of the key in lists and tables; null uses the image's path or the row.</summary>
    public string? KeyColumn { get; init; }

    /// <summary>The folder for relative paths in lists and tables; null for the list's folder.</summary>
    public string? ImageRoot { get; init; }

    /// <summary>Samples of a shard in folders, lists and tables of text.</summary>
    public int ShardSize { get; init; } = 10_000;

    /// <summary>The split of Karpathy's files: <c>train</c>, <c>restval</c>, <c>val</c> or <c>test</c>. Other formats ignore it.</summary>
    public string Split { get; init; } = "train";

    /// <summary>The folder for copies of remote shards and commands' output; null for the system's.</summary>
    public string? ScratchFolder { get; init; }

    /// <summary>Whether <c>pipe:COMMAND</c> runs a command. Only the user's command line may allow it.</summary>
    public bool AllowCommands { get; init; }

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public void Validate()
    {
        if (ShardSize < 1)
            throw new ArgumentException($"ShardSize is {ShardSize}; a shard holds at least 1 sample.", nameof(ShardSize));
    }
}
