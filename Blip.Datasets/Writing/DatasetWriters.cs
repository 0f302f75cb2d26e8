namespace Blip.Datasets.Writing;

/// <summary>Makes writers of data sets.</summary>
public static class DatasetWriters
{
    /// <summary>The writable formats.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["webdataset", "folder", "imagefolder", "json"];

    /// <summary>Checks formats for joint output.</summary>
    /// <param name="formats">Some of <see cref="Formats"/>; may be empty.</param>
    /// <exception cref="ArgumentException">One is unknown or repeated, or two write folders of the same name.</exception>
    public static void Check(IReadOnlyList<string> formats)
    {
        ArgumentNullException.ThrowIfNull(formats);
        if (formats.FirstOrDefault(format => !Formats.Contains(format)) is { } unknown)
            throw new ArgumentException(
                $"'{unknown}' is no format that can be written; give one of {string.Join(", ", Formats)}.", nameof(formats));
        if (formats.GroupBy(format => format).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
            throw new ArgumentException($"'{twice.Key}' is named twice; give each format once.", nameof(formats));
        if (formats.Where(format => format != "webdataset").ToList() is [var first, var second, ..])
            throw new ArgumentException(
                $"'{first}' and '{second}' write folders of one name; give one of them, beside webdataset if need be.", nameof(formats));
    }

    /// <summary>Makes the writer of one shard.</summary>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="folder">The data set's existing folder.</param>
    /// <param name="shard">The shard's name: <c>00012</c>.</param>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    /// <exception cref="IOException">The shard's files cannot be created.</exception>
    public static IDatasetWriter Create(string format, string folder, string shard) => format switch
    {
        "webdataset" => new WebdatasetWriter(folder, shard),
        "folder" => new FolderWriter(folder, shard),
        "imagefolder" => new ImageFolderWriter(folder, shard),
        "json" => new JsonListWriter(folder, shard),
        _ => throw new ArgumentException(
            $"'{format}' is no format that can be written; give one of {string.Join(", ", Formats)}.", nameof(format)),
    };
}
