namespace Blip.Evaluation;

/// <summary>
/// Questions with people's answers, from VQA v2's two files, BLIP's lists (<c>vqa_val.json</c>) or VizWiz' (<c>val.json</c>).
/// </summary>
public sealed class VqaDataset
{
    private VqaDataset(IReadOnlyList<VqaQuestion> questions, ResultsFormat format, params IEnumerable<string?> notices) =>
        (Questions, Format, Notices) = (questions, format, [.. notices.OfType<string>()]);

    /// <summary>The questions, in file order.</summary>
    public IReadOnlyList<VqaQuestion> Questions { get; }

    /// <summary>The format of this data set's results: by <c>question_id</c>, or by <c>image</c> for VizWiz.</summary>
    public ResultsFormat Format { get; }

    /// <summary>
    /// Notices, a sentence each: skipped questions without answers, where others have some, and answers without a question.
    /// </summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Whether any question has answers.</summary>
    public bool HasAnswers => Questions.Any(question => question.Answers.Count > 0);

    /// <summary>Reads questions, answers or both.</summary>
    /// <param name="questions">
    /// The questions file (<c>v2_OpenEnded_mscoco_val2014_questions.json</c>); null if the model's answers exist already.
    /// </param>
    /// <param name="annotations">
    /// The answers file (<c>v2_mscoco_val2014_annotations.json</c>); null for a test set with secret answers.
    /// </param>
    /// <exception cref="AnnotationException">A file is unreadable, an entry incomplete, or the questions differ.</exception>
    public static VqaDataset Load(string? questions, string? annotations)
    {
        if (questions is null && annotations is null)
            throw new ArgumentException("Give a questions file, an annotations file, or both.", nameof(questions));
        var asked = questions is null ? null : Asked(questions);
        var answered = annotations is null ? null : AnnotationJson.IsArray(annotations) ? Asked(annotations) : Answered(annotations);
        if (asked is null || answered is null)
            return Whole((asked ?? answered)!, (questions ?? annotations)!);
        return Joined(asked, questions!, answered, annotations!);
    }

    private static VqaDataset Asked(string path)
    {
        var isList = AnnotationJson.IsArray(path);
        var file = isList
            ? new QuestionFile { Questions = AnnotationJson.Load(path, AnnotationForms.Default.ListQuestionEntry) }
            : AnnotationJson.Load(path, AnnotationForms.Default.QuestionFile);
        // VizWiz has one question per image, with the image's name as id.
        var byImage = isList && file.Questions!.All(entry => entry is { QuestionId: null, Image: not null });
        var list = Read(path, isList ? "" : "questions", file.Questions, byImage, (entry, id, name) =>
        {
            var text = entry.Question ?? throw Missing(path, name, "question");
            var imageId = entry.ImageId ?? (byImage ? id : NumberedOrNamed(entry.Image)) ?? throw Missing(path, name, "image_id");
            var image = entry.Image
                ?? (file.DataSubtype is { } subset && imageId.Number is { } number ? $"COCO_{subset}_{number:D12}.jpg" : null);
            return new VqaQuestion(id, imageId, image, text, entry.Answer ?? People(entry), entry.QuestionType, entry.AnswerType);
        });
        return new VqaDataset(list, byImage && list.Count > 0 ? ResultsFormat.ImageAnswers : ResultsFormat.Answers);
    }

    private static EntryId? NumberedOrNamed(string? image) =>
        image is null ? null : ImageFolder.NumberOf(image) is { } number ? number : new EntryId(image);

    private static VqaDataset Answered(string path)
    {
        var file = AnnotationJson.Load(path, AnnotationForms.Default.QuestionFile);
        return new VqaDataset(Read(path, "annotations", file.Annotations, byImage: false, (entry, id, _) =>
            new VqaQuestion(id, entry.ImageId ?? 0, null, entry.Question, People(entry), entry.QuestionType, entry.AnswerType)),
                ResultsFormat.Answers);
    }

    private static List<string> People(QuestionEntry entry) => [.. (entry.Answers ?? []).Select(person => person?.Answer).OfType<string>()];

    private static List<VqaQuestion> Read(
        string path, string place, List<QuestionEntry>? entries, bool byImage, Func<QuestionEntry, EntryId, string, VqaQuestion> read)
    {
        if (entries is null)
            throw new AnnotationException($"{path}: there is no '{place}'.");
        if (entries.Count == 0)
            throw new AnnotationException($"{path}: {(place.Length == 0 ? "the list" : $"'{place}'")} is empty.");
        var seen = new HashSet<EntryId>();
        var list = new List<VqaQuestion>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var name = $"{place}[{i}]";
            var id = (byImage ? new EntryId(entries[i].Image!) : entries[i]?.QuestionId) ?? throw Missing(path, name, "question_id");
            if (!seen.Add(id))
                throw new AnnotationException($"{path}: {name} has the {(byImage ? "image" : "question_id")} {id} of an entry before it.");
            list.Add(read(entries[i], id, name));
        }
        return list;
    }

    private static VqaDataset Whole(VqaDataset data, string path)
    {
        var bare = data.Questions.Where(question => question.Answers.Count == 0).ToList();
        // No answers at all: they are secret.
        return bare.Count == 0 || bare.Count == data.Questions.Count
            ? data
            : new VqaDataset(data.Questions, data.Format,
                $"{path}: {bare.Count} of {data.Questions.Count} questions have no answer, the first is {bare[0].Id}: they are passed "
                    + $"over");
    }

    private static VqaDataset Joined(VqaDataset asked, string questions, VqaDataset answered, string annotations)
    {
        var answers = answered.Questions.ToDictionary(question => question.Id);
        var joined = new List<VqaQuestion>(asked.Questions.Count);
        foreach (var question in asked.Questions)
        {
            joined.Add(answers.Remove(question.Id, out var people)
                ? question with { Answers = people.Answers, QuestionType = people.QuestionType, AnswerType = people.AnswerType }
                : question with { Answers = [] });
        }
        if (answers.Count == answered.Questions.Count)
            throw new AnnotationException(
                $"{annotations}: there are no answers to question {joined[0].Id} of {questions}, nor to any other: the files are of "
                    + $"different sets.");
        var strangers = answers.Count == 0 ? null
            : $"{annotations}: {answers.Count} answered questions are not in {questions}, the first is {answers.Keys.First()}: they are "
                + $"passed over";
        var whole = Whole(new VqaDataset(joined, asked.Format), annotations);
        return new VqaDataset(joined, asked.Format, [.. whole.Notices, strangers]);
    }

    private static AnnotationException Missing(string path, string entry, string field) => new($"{path}: {entry} has no {field}.");
}
