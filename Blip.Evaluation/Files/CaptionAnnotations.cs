namespace Blip.Evaluation;

/// <summary>Images with people's captions, for evaluating captioning and retrieval.</summary>
/// <remarks>
/// The contents tell the format: COCO's <c>captions_val2014.json</c> (and <c>image_info_test2014.json</c>, without captions), Karpathy's
/// <c>dataset_coco.json</c> and <c>dataset_flickr30k.json</c>, BLIP's <c>coco_karpathy_test.json</c> and <c>flickr30k_test.json</c>.
/// Videos: MSR-VTT's <c>*_videodatainfo.json</c> and BLIP's <c>msrvtt_test.jsonl</c>; their names lack extensions.
/// </remarks>
public sealed class CaptionAnnotations
{
    private CaptionAnnotations(string path, IReadOnlyList<CaptionedImage> images) => (Path, Images) = (path, images);

    /// <summary>Notices about images skipped for lack of a caption, where others have one.</summary>
    public IReadOnlyList<string> Notices =>
        HasCaptions && Images.Where(image => image.Captions.Count == 0).ToList() is { Count: > 0 } bare
            ? [$"{Path}: {bare.Count} of {Images.Count} images have no caption to compare with, the first is {bare[0].Id}: they are passed "
                + $"over"]
            : [];

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The images, in file order.</summary>
    public IReadOnlyList<CaptionedImage> Images { get; }

    /// <summary>Whether any image has a caption.</summary>
    public bool HasCaptions => Images.Any(image => image.Captions.Count > 0);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="split">The part of a file with several.</param>
    /// <exception cref="AnnotationException">The file is unreadable, or an entry incomplete; the message names both.</exception>
    public static CaptionAnnotations Load(string path, string split = "test")
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (AnnotationJson.IsArray(path))
            return Checked(path, FromList(path, AnnotationJson.Load(path, AnnotationForms.Default.ListListedImage)));
        if (System.IO.Path.GetExtension(path).Equals(".jsonl", StringComparison.OrdinalIgnoreCase))
            return Checked(path, FromClips(path, AnnotationJson.LoadLines(path, AnnotationForms.Default.ClipEntry)));
        var file = AnnotationJson.Load(path, AnnotationForms.Default.CaptionFile);
        if (file.Videos is not null)
            return Checked(path, FromVideos(path, file, split));
        if (file.Images is null)
            throw new AnnotationException(
                $"{path}: there is no 'images': give a COCO captions file, a Karpathy dataset file, BLIP's list or MSR-VTT's file.");
        return Checked(path, file.Images.Any(image => image?.Sentences is not null)
            ? FromKarpathy(path, file.Images, split)
            : FromCoco(path, file));
    }

    private static List<CaptionedImage> FromCoco(string path, CaptionFile file)
    {
        var captions = new Dictionary<EntryId, List<string>>();
        for (var i = 0; i < file.Images!.Count; i++)
        {
            var id = file.Images[i]?.Id ?? throw Missing(path, $"images[{i}]", "id");
            if (!captions.TryAdd(id, []))
                throw new AnnotationException($"{path}: images[{i}] has the id {id} of an image before it.");
        }
        for (var i = 0; i < (file.Annotations?.Count ?? 0); i++)
        {
            var annotation = file.Annotations![i];
            var id = annotation?.ImageId ?? throw Missing(path, $"annotations[{i}]", "image_id");
            if (!captions.TryGetValue(id, out var list))
                throw new AnnotationException($"{path}: annotations[{i}] is about image {id}, which is not among 'images'.");
            if (annotation.Caption is { } caption)
                list.Add(caption);
        }
        return [.. file.Images.Select(image => new CaptionedImage(image.Id!.Value, image.FileName, captions[image.Id!.Value]))];
    }

    private static List<CaptionedImage> FromKarpathy(string path, List<ImageEntry> entries, string split)
    {
        var images = new List<CaptionedImage>();
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i] ?? throw new AnnotationException($"{path}: images[{i}] is null.");
            if ((entry.Split ?? throw Missing(path, $"images[{i}]", "split")) != split)
                continue;
            var id = entry.CocoId ?? entry.KarpathyId ?? throw Missing(path, $"images[{i}]", "cocoid or imgid");
            var name = entry.KarpathyName ?? throw Missing(path, $"images[{i}]", "filename");
            var captions = (entry.Sentences ?? []).Select(sentence => sentence?.Raw).OfType<string>().ToList();
            images.Add(new CaptionedImage(id, entry.Folder is null ? name : $"{entry.Folder}/{name}", captions));
        }
        if (images.Count == 0)
        {
            var splits = string.Join(", ", entries.Select(entry => entry.Split!).Distinct().Order(StringComparer.Ordinal));
            throw new AnnotationException($"{path}: no image is of the split '{split}'; the file has {splits}.");
        }
        return images;
    }

    // One line per caption; a clip may have several.
    private static List<CaptionedImage> FromClips(string path, List<ClipEntry?> entries)
    {
        var clips = new OrderedDictionary<string, List<string>>(StringComparer.Ordinal);
        for (var i = 0; i < entries.Count; i++)
        {
            var name = entries[i]?.ClipName ?? throw Missing(path, $"[{i}]", "clip_name");
            if (!clips.TryGetValue(name, out var captions))
                clips.Add(name, captions = []);
            captions.Add(entries[i]!.Caption ?? throw Missing(path, $"[{i}]", "caption"));
        }
        return [.. clips.Select(clip => new CaptionedImage(new EntryId(clip.Key), clip.Key, clip.Value))];
    }

    private static List<CaptionedImage> FromVideos(string path, CaptionFile file, string split)
    {
        var captions = (file.Sentences ?? [])
            .ToLookup(sentence => sentence?.VideoId ?? "", sentence => sentence?.Caption, StringComparer.Ordinal);
        var videos = new List<CaptionedImage>();
        foreach (var (i, video) in file.Videos!.Index())
        {
            var name = video?.VideoId ?? throw Missing(path, $"videos[{i}]", "video_id");
            if ((video.Split ?? throw Missing(path, $"videos[{i}]", "split")) == split)
                videos.Add(new CaptionedImage(new EntryId(name), name, [.. captions[name].OfType<string>()]));
        }
        var splits = string.Join(", ", file.Videos!.Select(video => video!.Split!).Distinct().Order(StringComparer.Ordinal));
        return videos.Count > 0
            ? videos
            : throw new AnnotationException($"{path}: no video is of the split '{split}'; the file has {splits}.");
    }

    private static List<CaptionedImage> FromList(string path, List<ListedImage> entries)
    {
        var captions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        for (var i = 0; i < entries.Count; i++)
        {
            var name = entries[i]?.Image ?? throw Missing(path, $"[{i}]", "image");
            if (!captions.TryGetValue(name, out var list))
                captions[name] = list = [];
            list.AddRange(entries[i].Caption ?? []);
        }
        var numbers = captions.Keys.Select(ImageFolder.NumberOf).ToList();
        // Without unique numbers in the names, images are numbered in file order.
        var numbered = numbers.All(number => number is not null) && numbers.Distinct().Count() == numbers.Count;
        return [.. captions.Select((image, i) =>
            new CaptionedImage(new EntryId(numbered ? numbers[i]!.Value : i), image.Key, image.Value))];
    }

    private static CaptionAnnotations Checked(string path, List<CaptionedImage> images)
    {
        if (images.Count == 0)
            throw new AnnotationException($"{path}: the file has no images.");
        if (images.GroupBy(image => image.Id).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
            throw new AnnotationException($"{path}: {twice.Count()} images have the id {twice.Key}.");
        return new CaptionAnnotations(path, images);
    }

    private static AnnotationException Missing(string path, string entry, string field) => new($"{path}: {entry} has no {field}.");
}
