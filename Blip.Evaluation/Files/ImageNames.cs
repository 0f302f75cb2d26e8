namespace Blip.Evaluation;

/// <summary>A data set's images by file name, without folders.</summary>
internal sealed class ImageNames
{
    private readonly ILookup<string, (EntryId Id, string Path)> names;
    private readonly HashSet<EntryId> nameless;

    public ImageNames(IEnumerable<(EntryId Id, string? FileName)> images)
    {
        var all = images.ToList();
        names = all.Where(image => image.FileName is not null)
            .ToLookup(image => NameOf(image.FileName!), image => (image.Id, Normal(image.FileName!)), StringComparer.Ordinal);
        nameless = [.. all.Where(image => image.FileName is null).Select(image => image.Id)];
    }

    /// <summary>A name in comparable form: slashes between folders, composed letters.</summary>
    public static string Normal(string path) => ComposedText.Of(path.Replace('\\', '/'));

    /// <summary>The last part of a path, in that form.</summary>
    public static string NameOf(string path) => Normal(path)[(Normal(path).LastIndexOf('/') + 1)..];

    /// <summary>The image of a path, if any; <paramref name="place"/> is for the message.</summary>
    /// <exception cref="AnnotationException">Several images have this name.</exception>
    public EntryId? Find(string path, string place)
    {
        var whole = Normal(path);
        var found = names[NameOf(path)].ToList();
        if (found.Count > 1 && found.FindAll(image => whole == image.Path || whole.EndsWith($"/{image.Path}", StringComparison.Ordinal))
            is { Count: > 0 } exact)
            found = exact;
        if (found.Count > 1)
            throw new AnnotationException(
                $"{place} is about '{path}', and that is the name of {found.Count} images of the annotations, {found[0].Id} and "
                    + $"{found[1].Id} among them.");
        if (found.Count == 1)
            return found[0].Id;
        return ImageFolder.NumberOf(whole) is { } number && nameless.Contains(number) ? number : null;
    }
}
