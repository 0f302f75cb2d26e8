using Blip.Datasets.Files;

namespace Blip.Datasets.Webdataset;

/// <summary>Lists a tar's images by offset, without reading them.</summary>
public static class WebdatasetImages
{
    /// <summary>Lists the images of an uncompressed tar.</summary>
    /// <param name="path">The tar; a truncated one gives its complete part and a fault.</param>
    /// <exception cref="DatasetException">The file is unreadable, compressed, or no tar.</exception>
    public static TarImages List(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var tar = new TarFile(path);
        if (tar.Compressed)
            throw new DatasetException($"{path}: this tar is compressed, so that its images have no places; unpack it with gzip -d.");
        var images = new List<TarImage>();
        var length = new FileInfo(path).Length;
        while (tar.Next() is { } entry)
        {
            if (entry.DataOffset + entry.Length > length)
                return new TarImages(images, $"The tar is cut off in {entry.Name}.");
            if (ImageFiles.IsImage(entry.Name))
                images.Add(new TarImage(entry.Name, entry.DataOffset, entry.Length));
        }
        return new TarImages(images, tar.Fault is null ? null : $"The tar is {tar.Fault} after {images.Count} images.");
    }

    /// <summary>Reads a listed image.</summary>
    /// <param name="path">The tar.</param>
    /// <param name="image">The image's place.</param>
    /// <exception cref="IOException">The tar is unreadable or has become shorter.</exception>
    public static byte[] Read(string path, TarImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var file = File.OpenHandle(path);
        var bytes = new byte[image.Length];
        for (var done = 0; done < bytes.Length;)
        {
            var count = RandomAccess.Read(file, bytes.AsSpan(done), image.Offset + done);
            done += count > 0 ? count : throw new EndOfStreamException($"{path}: the tar ends before its {image.Name} does.");
        }
        return bytes;
    }
}

/// <summary>The images of a tar.</summary>
/// <param name="Images">The complete ones, in the tar's order.</param>
/// <param name="Fault">Why some may be missing, for people; null for a complete tar.</param>
public sealed record TarImages(IReadOnlyList<TarImage> Images, string? Fault);

/// <summary>An image in a tar.</summary>
/// <param name="Name">The name in the tar.</param>
/// <param name="Offset">The byte offset of its data in the tar.</param>
/// <param name="Length">Its length in bytes.</param>
public sealed record TarImage(string Name, long Offset, long Length);
