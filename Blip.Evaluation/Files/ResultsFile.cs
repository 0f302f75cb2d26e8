namespace Blip.Evaluation;

/// <summary>
/// Results for a data set, in its format or as JSON (lines) of <c>blip caption</c> and <c>blip ask</c>. Those name images by path
/// and questions by text.
/// </summary>
/// <param name="Texts">The text of each id.</param>
/// <param name="Notices">Notices about skipped entries, a sentence each.</param>
public sealed record ResultsFile(IReadOnlyDictionary<EntryId, string> Texts, IReadOnlyList<string> Notices)
{
    /// <summary>Reads captions of images.</summary>
    /// <exception cref="AnnotationException">The file is unreadable, an entry incomplete, or an image named twice.</exception>
    public static ResultsFile Load(string path, CaptionAnnotations data)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(data);
        var names = new ImageNames(data.Images.Select(image => (image.Id, image.FileName)));
        return Load(path, ResultsFormat.Captions, (entry, place) => names.Find(entry.Path!, place));
    }

    /// <summary>Reads answers to questions.</summary>
    /// <exception cref="AnnotationException">The file is unreadable, an entry incomplete, or a question named twice.</exception>
    public static ResultsFile Load(string path, VqaDataset data)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(data);
        var images = new ImageNames(data.Questions.Select(question => (question.ImageId, question.FileName)).Distinct());
        var questions = new Dictionary<(EntryId Image, string Text), EntryId>();
        foreach (var question in data.Questions)
            questions.TryAdd((question.ImageId, question.Text ?? ""), question.Id);
        return Load(path, data.Format, (entry, place) =>
            images.Find(entry.Path!, place) is { } image && questions.TryGetValue((image, entry.Question ?? ""), out var id) ? id : null);
    }

    /// <summary>Reads predictions about pairs.</summary>
    /// <exception cref="AnnotationException">
    /// The file is unreadable, an entry incomplete or neither True nor False, or a pair named twice.
    /// </exception>
    public static ResultsFile Load(string path, NlvrDataset data)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(data);
        var pairs = new Dictionary<(string Left, string Right, string Sentence), EntryId>();
        foreach (var pair in data.Pairs)
            pairs.TryAdd((ImageNames.NameOf(pair.Left), ImageNames.NameOf(pair.Right), pair.Sentence), pair.Id);
        var file = Load(path, ResultsFormat.Predictions, (entry, _) =>
            pairs.TryGetValue((ImageNames.NameOf(entry.Left!), ImageNames.NameOf(entry.Right ?? ""), entry.Sentence ?? ""), out var id)
                ? id
                : null);
        return file.Texts.Values.FirstOrDefault(text => text is not (ResultsFormat.TrueText or ResultsFormat.FalseText)) is { } odd
            ? throw new AnnotationException(
                $"{path}: the prediction '{odd}' is neither {ResultsFormat.TrueText} nor {ResultsFormat.FalseText}.")
            : file;
    }

    private static ResultsFile Load(string path, ResultsFormat format, Func<ResultEntry, string, EntryId?> byName)
    {
        var entries = AnnotationJson.IsArray(path)
            ? AnnotationJson.Load(path, AnnotationForms.Default.ListResultEntry)
            : AnnotationJson.LoadLines(path, AnnotationForms.Default.ResultEntry);
        var texts = new Dictionary<EntryId, string>(entries.Count);
        var (failed, strangers) = (new List<string>(), new List<string>());
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            var named = format.IdOf(entry) is null && (entry?.Path ?? entry?.Left) is not null;
            if ((named ? byName(entry!, $"{path}: [{i}]") : format.IdOf(entry) ?? throw format.Missing(path, i, entry)) is not { } id)
                strangers.Add((entry!.Path ?? entry.Left)!);
            else if (format.TextOf(entry) is { } text)
                format.Add(texts, id, text, path, i);
            else
                failed.Add(entry!.Error ?? id.ToString());
        }
        if (entries.Count > 0 && strangers.Count == entries.Count)
            throw new AnnotationException(
                $"{path}: no record is about an image or question of the annotations, the first is '{strangers[0]}': they are of different "
                    + $"data.");
        return new ResultsFile(texts, [
            .. Told(failed, path, $"have no {format.TextName}"),
            .. Told(strangers, path, "are about nothing in the annotations")]);
    }

    private static IEnumerable<string> Told(List<string> records, string path, string what) =>
        records.Count == 0 ? [] : [$"{path}: {records.Count} records {what}, the first is '{records[0]}': they are passed over"];
}
