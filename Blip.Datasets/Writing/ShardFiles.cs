using Blip.Datasets.Files;

namespace Blip.Datasets.Writing;

/// <summary>Files and folders under a temporary name, which get their own in one step.</summary>
internal static class ShardFiles
{
    /// <summary>The suffix of an incomplete file's name.</summary>
    public const string Temporary = ".tmp";

    private const string Replaced = ".old.tmp";

    /// <summary>Checks that a shard's name is one.</summary>
    public static string Checked(string shard)
    {
        ArgumentException.ThrowIfNullOrEmpty(shard);
        return Keys.Safe(shard) == shard && !shard.Contains('/')
            ? shard
            : throw new ArgumentException($"'{shard}' is no name of a shard: it becomes a file's name.", nameof(shard));
    }

    /// <summary>The extension of an image's file: its name's, or one that suits its bytes.</summary>
    /// <exception cref="IOException">Neither is an image's.</exception>
    public static string ExtensionOf(SampleImage image, ReadOnlySpan<byte> bytes) =>
        image.Extension.Length > 1 && ImageFiles.RankOf(image.Extension.AsSpan(1)) >= 0 ? image.Extension
        : ImageFiles.ExtensionOf(bytes)
            ?? throw new IOException($"{image.Name}: this is no image of a known format ({string.Join(", ", ImageFiles.Extensions)}).");

    /// <summary>Writes a file down to the disk, in a folder that is made where it is missing.</summary>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, useAsync: false);
        await file.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Makes an empty folder; the remains of an interrupted run are dropped.</summary>
    public static void MakeEmpty(string folder)
    {
        Delete(folder);
        Directory.CreateDirectory(folder);
    }

    /// <summary>Gives a folder its own name; an older one of that name is dropped.</summary>
    public static void Publish(string temporary, string folder)
    {
        var old = folder + Replaced;
        Delete(old);
        if (Directory.Exists(folder))
            Directory.Move(folder, old);
        Directory.Move(temporary, folder);
        Delete(old);
    }

    /// <summary>Drops a file or folder, where it is there.</summary>
    public static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
    }
}
