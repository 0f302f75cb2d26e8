using Blip.Runtime.Imaging;
using Blip.Runtime.Imaging.Clips;

namespace Blip.Cli.Input;

/// <summary>
/// The images of a folder and its subfolders: files with an image's extension or header; with
/// <paramref name="videos"/> also videos. Skipped files are counted in <paramref name="passed"/>.
/// </summary>
internal sealed class FolderImages(PassedOver passed, bool videos = false)
{
    /// <summary>Extensions that are trusted, without a look at the header.</summary>
    public static readonly HashSet<string> Extensions = new(
        [
            ".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".png", ".apng", ".gif", ".webp", ".bmp", ".dib", ".ico", ".mpo",
            ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".qoi",
        ],
        StringComparer.OrdinalIgnoreCase);

    // Usual files beside images: skipped without a look or a notice.
    private static readonly HashSet<string> Companions = new(
        [
            ".txt", ".caption", ".json", ".jsonl", ".csv", ".tsv", ".md", ".html", ".xml", ".yaml", ".yml", ".npy", ".npz", ".parquet",
                ".tar",
            ".zip", ".gz", ".safetensors", ".bin", ".pt", ".pth", ".index", ".packed", ".log", ".pdf", ".ini", ".db",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly EnumerationOptions Listing = new()
    {
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
        IgnoreInaccessible = false,
    };

    public IEnumerable<string> List(string folder)
    {
        foreach (var entry in Entries(folder))
        {
            var path = Path.Join(folder, entry.Name);
            // Links to folders are not followed: they may lead back up.
            if (entry is DirectoryInfo)
            {
                // .NET lists a name that is not UTF-8, and then does not find it.
                if (!entry.Exists)
                {
                    passed.Add(path, "folders whose names are not UTF-8");
                    continue;
                }
                if ((entry.Attributes & FileAttributes.ReparsePoint) != 0)
                    continue;
                foreach (var image in List(path))
                    yield return image;
            }
            else if (Extensions.Contains(entry.Extension) || (videos && ClipFiles.IsVideo(path))
                ? IsFile(path, (FileInfo)entry)
                : !Companions.Contains(entry.Extension) && IsImage(path, (FileInfo)entry))
            {
                yield return path;
            }
        }
    }

    private List<FileSystemInfo> Entries(string folder)
    {
        try
        {
            return [.. new DirectoryInfo(folder).EnumerateFileSystemInfos("*", Listing)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            passed.Add(folder, "folders that cannot be read");
            return [];
        }
    }

    // Pipes, sockets and devices have length 0, and opening one may block for ever.
    private bool IsFile(string path, FileInfo file)
    {
        // A name that is not UTF-8 is an image that fails.
        if (!file.Exists || file.Length > 0 || (file.Attributes & FileAttributes.ReparsePoint) != 0)
            return true;
        passed.Add(path, "files without content, pipes and devices");
        return false;
    }

    private bool IsImage(string path, FileInfo file)
    {
        if (!IsFile(path, file))
            return false;
        try
        {
            Span<byte> header = stackalloc byte[ImageFormats.HeaderLength];
            using var stream = file.OpenRead();
            header = header[..stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)];
            var format = ImageFormats.Of(header);
            // These formats' headers are too short to rule out a text.
            if (format is not (null or ImageFormat.Bmp or ImageFormat.Pnm or ImageFormat.Tga))
                return true;
            passed.Add(path, (format is null ? ImageFormats.Unread(header) : null) ?? "files that are no images");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            passed.Add(path, "files that cannot be read");
        }
        return false;
    }
}
