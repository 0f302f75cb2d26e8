using System.Text.RegularExpressions;

namespace Blip.Runtime.Imaging.Clips;

/// <summary>Which files are clips, and which of their frames are taken.</summary>
internal static partial class ClipFiles
{
    /// <summary>The most frames that may be taken of a clip.</summary>
    public const int MaxFrames = 64;

    /// <summary>Extensions of videos, which ffmpeg reads.</summary>
    public static readonly HashSet<string> VideoExtensions = new(
        [".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ogv", ".wmv", ".flv", ".ts", ".3gp"],
        StringComparer.OrdinalIgnoreCase);

    // What a program that takes a video apart writes.
    private static readonly HashSet<string> FrameExtensions = new(
        [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pnm", ".tga", ".qoi"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly EnumerationOptions Listing = new() { AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };

    /// <summary>Whether a file is a video by its name.</summary>
    public static bool IsVideo(string path) => VideoExtensions.Contains(Path.GetExtension(path));

    /// <summary>
    /// The frames that are taken of so many: evenly spaced, the first one always, as the authors' video_dataset.py takes them. All of a
    /// clip that has no more.
    /// </summary>
    /// <param name="count">Frames of the clip, at least 1.</param>
    /// <param name="wanted">How many to take, at least 1.</param>
    public static int[] Indices(int count, int wanted)
    {
        var taken = Math.Min(count, wanted);
        return [.. Enumerable.Range(0, taken).Select(i => (int)((long)i * count / taken))];
    }

    /// <summary>Those of the frames that lie in a folder, in the order of their names; numbers in names count as numbers.</summary>
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
            throw new ImageException($"{folder}: the folder cannot be read: {e.Message}", e);
        }
    }

    // frame_10 behind frame_9.
    private static string Numbered(string path) => Digits().Replace(Path.GetFileName(path), number => number.Value.PadLeft(20, '0'));

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
