using System.Text.RegularExpressions;
using Blip.Runtime.Files;

namespace Blip.Runtime.Imaging.Clips;

internal static partial class ClipFiles
{
    /// <summary>The most frames to take of a clip.</summary>
    public const int MaxFrames = 64;

    /// <summary>Video extensions, for ffmpeg.</summary>
    public static readonly HashSet<string> VideoExtensions = new(
        [".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ogv", ".wmv", ".flv", ".ts", ".3gp"],
        StringComparer.OrdinalIgnoreCase);

    // Formats that programs write when they extract frames.
    private static readonly HashSet<string> FrameExtensions = new(
        [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pnm", ".tga", ".qoi"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly EnumerationOptions Listing = new() { AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };

    public static bool IsVideo(string path) => VideoExtensions.Contains(Path.GetExtension(path));

    /// <summary>Evenly spaced frame indices from the first on, as in the authors' video_dataset.py; all of a shorter clip.</summary>
    public static int[] Indices(int count, int wanted)
    {
        var taken = Math.Min(count, wanted);
        return [.. Enumerable.Range(0, taken).Select(i => (int)((long)i * count / taken))];
    }

    /// <summary>Evenly spaced frames of a folder, by name; numbers in names sort as numbers.</summary>
    /// <exception cref="ImageException">The folder cannot be read, or holds no image.</exception>
    public static List<string> OfFolder(string folder, int wanted)
    {
        try
        {
            var all = Directory.EnumerateFiles(folder, "*", Listing).Where(path => FrameExtensions.Contains(Path.GetExtension(path)))
                .OrderBy(Numbered, StringComparer.Ordinal).ToList();
            return all.Count > 0
                ? [.. Indices(all.Count, wanted).Select(i => all[i])]
                : throw new ImageException($"{folder}: the folder holds no frames.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException($"{folder}: the folder cannot be read: {FailureReason.Of(e)}.", e);
        }
    }

    // frame_10 after frame_9.
    private static string Numbered(string path) => Digits().Replace(Path.GetFileName(path), number => number.Value.PadLeft(20, '0'));

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
