using System.Globalization;

namespace Blip.Evaluation;

/// <summary>A data set's images, found by file name or number: <c>COCO_val2014_000000391895.jpg</c> is 391895.</summary>
public sealed class ImageFolder
{
    private static readonly HashSet<string> ImageExtensions = new(
        [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".ico", ".tif", ".tiff", ".ppm"],
            StringComparer.OrdinalIgnoreCase);

    private static readonly EnumerationOptions Listing = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
    };

    private readonly string folder;
    private readonly Lazy<(ILookup<string, string> Names, ILookup<long, string> Numbers)> listing;

    /// <summary>A folder, listed with its subfolders when first needed. Hidden files are ignored.</summary>
    /// <exception cref="AnnotationException">There is no such folder.</exception>
    public ImageFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new AnnotationException($"{folder}: there is no such folder of images.");
        this.folder = folder;
        listing = new(List);
    }

    /// <summary>The path of an image, or null.</summary>
    /// <param name="fileName">The file's name in the annotations, with or without folders; may be null.</param>
    /// <param name="id">Its id; without a name, a number finds it.</param>
    /// <param name="objection">Why there is no path, a sentence: no file matches, or several, which it names.</param>
    public string? Find(string? fileName, EntryId id, out string? objection)
    {
        objection = null;
        if (fileName is not null && (At(fileName) ?? At(fileName.Replace('\\', '/'))) is { } path)
            return path;
        var (names, numbers) = listing.Value;
        var files = fileName is not null ? names[ImageNames.NameOf(fileName)] : id.Number is { } number ? numbers[number] : [];
        return One(files.ToList(), fileName ?? $"image {id}", out objection);
    }

    /// <summary>The path of a clip, a folder of frames or a file of any extension; or null.</summary>
    /// <param name="name">Its name in the annotations, without extension.</param>
    /// <param name="objection">Why there is no path, a sentence: no file matches, or several, which it names.</param>
    public string? FindClip(string name, out string? objection)
    {
        objection = null;
        if (System.IO.Path.Combine(folder, name) is var frames && Directory.Exists(frames))
            return frames;
        return One(
            [.. listing.Value.Names.Where(file => System.IO.Path.GetFileNameWithoutExtension(file.Key) == ImageNames.NameOf(name))
                .SelectMany(file => file)],
            name, out objection);
    }

    /// <summary>The number at the end of a file's name, if any.</summary>
    internal static long? NumberOf(string name)
    {
        var stem = System.IO.Path.GetFileNameWithoutExtension(name.AsSpan());
        var start = stem.Length;
        while (start > 0 && char.IsAsciiDigit(stem[start - 1]))
            start--;
        return long.TryParse(stem[start..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private string? At(string name) => System.IO.Path.Combine(folder, name) is var path && File.Exists(path) ? path : null;

    private string? One(List<string> paths, string name, out string? objection)
    {
        // A text or a mask beside the image may share its name.
        if (paths.Count > 1 && paths.FindAll(path => ImageExtensions.Contains(System.IO.Path.GetExtension(path))) is { Count: > 0 } images)
            paths = images;
        objection = paths switch
        {
            [] => $"there is no such image in the folder {folder}",
            [_] => null,
            _ => $"{paths.Count} files answer to '{name}', {string.Join(" and ", paths.Take(3).Select(path => $"'{path}'"))}"
                + $"{(paths.Count > 3 ? " among them" : "")}: "
                + "name the folder in which the annotations' path is right, or keep one of them",
        };
        return objection is null ? paths[0] : null;
    }

    private (ILookup<string, string> Names, ILookup<long, string> Numbers) List()
    {
        var paths = Directory.EnumerateFiles(folder, "*", Listing).Order(StringComparer.Ordinal).ToList();
        return (
            paths.ToLookup(ImageNames.NameOf, StringComparer.Ordinal),
            paths.Where(path => NumberOf(path) is not null).ToLookup(path => NumberOf(path)!.Value));
    }
}
