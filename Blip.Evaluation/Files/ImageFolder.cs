using System.Globalization;

namespace Blip.Evaluation;

/// <summary>A data set's images, found by the name that the annotations give, or by their number: <c>COCO_val2014_000000391895.jpg</c> is 391895.</summary>
public sealed class ImageFolder
{
    private readonly string folder;
    private readonly Lazy<(Dictionary<string, string> Names, Dictionary<long, string> Numbers)> listing;

    /// <summary>Names a folder; it is listed, with its subfolders, when an image is not where its name says.</summary>
    /// <exception cref="AnnotationException">There is no such folder.</exception>
    public ImageFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new AnnotationException($"{folder}: there is no such folder of images.");
        this.folder = folder;
        listing = new(List);
    }

    /// <summary>The path of an image, or null.</summary>
    /// <param name="fileName">What the annotations call it, with or without folders before it; null where they do not say.</param>
    /// <param name="id">Its number.</param>
    public string? Find(string? fileName, long id)
    {
        if (fileName is not null && System.IO.Path.Combine(folder, fileName) is var path && File.Exists(path))
            return path;
        var (names, numbers) = listing.Value;
        return fileName is not null && names.TryGetValue(System.IO.Path.GetFileName(fileName), out var named) ? named
            : fileName is null && numbers.TryGetValue(id, out var numbered) ? numbered
            : null;
    }

    /// <summary>The number that a file's name ends in, before its extension; null where it ends otherwise.</summary>
    internal static long? NumberOf(string name)
    {
        var stem = System.IO.Path.GetFileNameWithoutExtension(name.AsSpan());
        var start = stem.Length;
        while (start > 0 && char.IsAsciiDigit(stem[start - 1]))
            start--;
        return long.TryParse(stem[start..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    // The first by path wins, on every machine.
    private (Dictionary<string, string> Names, Dictionary<long, string> Numbers) List()
    {
        var (names, numbers) = (new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<long, string>());
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            names.TryAdd(System.IO.Path.GetFileName(path), path);
            if (NumberOf(path) is { } number)
                numbers.TryAdd(number, path);
        }
        return (names, numbers);
    }
}
