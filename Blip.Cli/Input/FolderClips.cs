using Blip.Runtime.Imaging.Clips;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Input;

/// <summary>
/// The clips of a folder and its subfolders: each animated file, each video, and a folder's still images, if several, as one clip's frames.
/// </summary>
internal static class FolderClips
{
    /// <summary>A file as a clip, or as an image without <paramref name="frames"/>.</summary>
    public static ImageSource Source(string path, int? frames) =>
        frames is { } wanted ? ImageSource.FromClip(path, wanted) : ImageSource.FromFile(path);

    /// <summary>Lists the clips, by path.</summary>
    public static IEnumerable<ImageSource> List(string folder, int frames, PassedOver passed) =>
        new FolderImages(passed, videos: true).List(folder)
            .GroupBy(path => IsClip(path) ? path : Path.GetDirectoryName(path)!, StringComparer.Ordinal)
            .Select(clip => clip.Skip(1).Any() ? clip.Key : clip.First())
            .Order(StringComparer.Ordinal)
            .Select(path => ImageSource.FromClip(path, frames));

    private static bool IsClip(string path)
    {
        var extension = Path.GetExtension(path).ToUpperInvariant();
        return ClipFiles.IsVideo(path) || extension is ".GIF" or ".APNG"
            || (extension == ".WEBP" && AnimatedImage.CountOf(Bytes(path)) > 1);
    }

    // An unreadable file counts as an image, and fails as one.
    private static byte[] Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
