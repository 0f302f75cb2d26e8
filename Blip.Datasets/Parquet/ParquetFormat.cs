using Parquet.Schema;

namespace Blip.Datasets.Parquet;

/// <summary>
/// Parquet files, or folders of them, with images (Hugging Face's struct of <c>bytes</c> and <c>path</c>, or plain bytes) or image paths.
/// One file is one shard.
/// </summary>
public sealed class ParquetFormat : IDatasetFormat
{
    private const string Extension = ".parquet";

    private static readonly string[] ImageExtensions = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"];

    // Hugging Face has files in data/, and converted ones in default/train/.
    private static readonly EnumerationOptions Below = new()
    {
        RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
    };

    /// <inheritdoc/>
    public string Name => "parquet";

    /// <summary>
    /// True for a <c>.parquet</c> file or a folder of them. A folder with tars is excluded, since img2dataset leaves a table beside each
    /// tar. A folder with images counts only where its first table names images.
    /// </summary>
    /// <param name="source">A file or folder; addresses and commands are not recognized.</param>
    public bool Recognizes(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Contains("://", StringComparison.Ordinal) || source.StartsWith("pipe:", StringComparison.Ordinal))
            return false;
        try
        {
            return Directory.Exists(source) ? IsFolderOfTables(source) : HasExtension(source, Extension);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IDatasetShard> Open(string source, DatasetOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentNullException.ThrowIfNull(options);
        if (!Directory.Exists(source))
        {
            if (!File.Exists(source))
                throw new DatasetException($"{source}: there is no such Parquet file.");
            Check(source, options);
            return [new ParquetShard(source, source, options)];
        }
        var files = Files(source).Where(file => HasExtension(file, Extension)).Order(StringComparer.Ordinal).ToList();
        if (files.Count == 0)
            throw new DatasetException($"{source}: there is no Parquet file in this folder.");
        Check(Path.Combine(source, files[0]), options);
        return [.. files.Select(file => new ParquetShard(source.TrimEnd('/', '\\') + '/' + file, Path.Combine(source, file), options))];
    }

    private static bool IsFolderOfTables(string folder)
    {
        var (first, images) = ((string?)null, false);
        foreach (var file in Files(folder))
        {
            if (HasExtension(file, ".tar"))
                return false;
            if (HasExtension(file, Extension) && (first is null || string.CompareOrdinal(file, first) < 0))
                first = file;
            images |= ImageExtensions.Any(extension => HasExtension(file, extension));
        }
        return first is not null && (!images || HasImages(Path.Combine(folder, first)));
    }

    private static bool HasImages(string path) => SchemaOf(path) is { } schema && ParquetLayout.HasImages(schema, new DatasetOptions());

    // Reports missing columns before a run. A damaged file is reported on reading, since others may be intact.
    private static void Check(string path, DatasetOptions options)
    {
        if (SchemaOf(path) is { } schema)
            ParquetLayout.Of(path, schema, options);
    }

    private static ParquetSchema? SchemaOf(string path)
    {
        try
        {
            return ParquetFile.SchemaAsync(path).GetAwaiter().GetResult();
        }
        catch (DatasetException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", Below).Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'));

    private static bool HasExtension(string path, string extension) => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);
}
