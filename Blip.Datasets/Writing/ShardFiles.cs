using Blip.Datasets.Files;

namespace Blip.Datasets.Writing;

/// <summary>Files and folders with temporary names until they are complete.</summary>
internal static class ShardFiles
{
    public const string Temporary = ".tmp";

    private const string Replaced = ".old.tmp";

    public static string Checked(string shard)
    {
        ArgumentException.ThrowIfNullOrEmpty(shard);
        return Keys.Safe(shard) == shard && !shard.Contains('/')
            ? shard
            : throw new ArgumentException($"'{shard}' is no name of a shard: it becomes a file's name.", nameof(shard));
    }

    /// <summary>The extension of an image's name, or one for its bytes.</summary>
    /// <exception cref="IOException">The image's format is unknown.</exception>
    public static string ExtensionOf(SampleImage image, ReadOnlySpan<byte> bytes) =>
        image.Extension.Length > 1 && ImageFiles.RankOf(image.Extension.AsSpan(1)) >= 0 ? image.Extension
        : ImageFiles.ExtensionOf(bytes)
            ?? throw new IOException($"{image.Name}: this is no image of a known format ({string.Join(", ", ImageFiles.Extensions)}).");

    /// <summary>Writes a file through to disk, and creates its folder.</summary>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, useAsync: false);
        await file.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Makes an empty folder; remains of an interrupted run are deleted.</summary>
    public static void MakeEmpty(string folder)
    {
        Delete(folder);
        Directory.CreateDirectory(folder);
    }

    /// <summary>Renames a folder; an older one is deleted.</summary>
    public static void Publish(string temporary, string folder)
    {
        var old = folder + Replaced;
        Delete(old);
        if (Directory.Exists(folder))
            Directory.Move(folder, old);
        Directory.Move(temporary, folder);
        Delete(old);
    }

    public static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
    }
}
