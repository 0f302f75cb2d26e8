using System.Globalization;

namespace Blip.Evaluation;

/// <summary>
/// Sentences about two images, true or false: BLIP's lists (<c>nlvr_dev.json</c>: <c>images</c>, <c>sentence</c>,
/// <c>label</c>) or NLVR2's JSON lines (<c>test1.json</c>), whose <c>identifier</c> names the images.
/// </summary>
public sealed class NlvrDataset
{
    private NlvrDataset(string path, IReadOnlyList<NlvrPair> pairs) => (Path, Pairs) = (path, pairs);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The sentences with their images, in file order.</summary>
    public IReadOnlyList<NlvrPair> Pairs { get; }

    /// <summary>Whether any pair has a label.</summary>
    public bool HasLabels => Pairs.Any(pair => pair.Label is not null);

    /// <summary>Reads a file.</summary>
    /// <exception cref="AnnotationException">The file is unreadable, or an entry incomplete; the message names both.</exception>
    public static NlvrDataset Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var entries = AnnotationJson.IsArray(path)
            ? AnnotationJson.Load(path, AnnotationForms.Default.ListNlvrEntry)
            : AnnotationJson.LoadLines(path, AnnotationForms.Default.NlvrEntry);
        if (entries.Count == 0)
            throw new AnnotationException($"{path}: the file has no sentences.");
        NlvrPair[] pairs = [.. entries.Select((entry, i) => Read(path, i, entry))];
        if (pairs.GroupBy(pair => pair.Id).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
            throw new AnnotationException($"{path}: {twice.Count()} entries have the identifier {twice.Key}.");
        return new NlvrDataset(path, pairs);
    }

    private static NlvrPair Read(string path, int index, NlvrEntry? entry)
    {
        var sentence = entry?.Sentence ?? throw Missing(path, index, "sentence");
        var (left, right) = entry switch
        {
            { Images: [{ } first, { } second] } => (first, second),
            { Images: { } images } =>
                throw new AnnotationException($"{path}: [{index}] has {images.Count} images: a sentence is about two."),
            { Identifier: { } named } when named.LastIndexOf('-') is > 0 and var end =>
                ($"{named[..end]}-img0.png", $"{named[..end]}-img1.png"),
            _ => throw Missing(path, index, "images"),
        };
        bool? label = entry.Label?.ToUpperInvariant() switch
        {
            "TRUE" => true,
            "FALSE" => false,
            null => null,
            _ => throw new AnnotationException($"{path}: [{index}] has the label '{entry.Label}': it is True or False."),
        };
        return new NlvrPair(entry.Identifier is { } id ? new EntryId(id) : index, left, right, sentence, label);
    }

    private static AnnotationException Missing(string path, int index, string field) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{path}: [{index}] has no {field}."));
}

/// <summary>A sentence about two images.</summary>
/// <param name="Id">Its identifier, or else its place in the file.</param>
/// <param name="Left">The left image's file, relative to the image folder.</param>
/// <param name="Right">The right image's.</param>
/// <param name="Sentence">The sentence.</param>
/// <param name="Label">Whether the sentence is true; null if unknown.</param>
public sealed record NlvrPair(EntryId Id, string Left, string Right, string Sentence, bool? Label);

internal sealed class NlvrEntry
{
    public string? Identifier { get; set; }

    public string? Sentence { get; set; }

    public string? Label { get; set; }

    public List<string>? Images { get; set; }
}
