using System.Text.Json;

namespace Blip.Evaluation;

/// <summary>Questions and people's answers, from VQA v2's two files or from BLIP's lists (<c>vqa_val.json</c>).</summary>
public sealed class VqaDataset
{
    private VqaDataset(IReadOnlyList<VqaQuestion> questions) => Questions = questions;

    /// <summary>The questions, in the files' order.</summary>
    public IReadOnlyList<VqaQuestion> Questions { get; }

    /// <summary>Whether there are answers to compare with.</summary>
    public bool HasAnswers => Questions.Any(question => question.Answers.Count > 0);

    /// <summary>Reads questions, answers or both.</summary>
    /// <param name="questions">The questions file (<c>v2_OpenEnded_mscoco_val2014_questions.json</c>); null where a model's answers are there already.</param>
    /// <param name="annotations">The answers file (<c>v2_mscoco_val2014_annotations.json</c>); null for a test set whose answers are kept secret.</param>
    /// <exception cref="AnnotationException">A file cannot be read, an entry lacks something, or the files are of different questions.</exception>
    public static VqaDataset Load(string? questions, string? annotations)
    {
        if (questions is null && annotations is null)
            throw new ArgumentException("Give a questions file, an annotations file, or both.", nameof(questions));
        if (questions is null)
            return new VqaDataset(Answered(annotations!));
        var asked = Asked(questions);
        return new VqaDataset(annotations is null ? asked : Joined(asked, questions, Answered(annotations), annotations));
    }

    private static List<VqaQuestion> Asked(string path)
    {
        var isList = AnnotationJson.IsArray(path);
        var file = isList
            ? new QuestionFile { Questions = AnnotationJson.Load(path, AnnotationForms.Default.ListQuestionEntry) }
            : AnnotationJson.Load(path, AnnotationForms.Default.QuestionFile);
        return Read(path, isList ? "" : "questions", file.Questions, (entry, name) =>
        {
            var text = entry.Question ?? throw Missing(path, name, "question");
            var imageId = entry.ImageId ?? (entry.Image is null ? null : ImageFolder.NumberOf(entry.Image)) ?? throw Missing(path, name, "image_id");
            var image = entry.Image ?? (file.DataSubtype is { } subset ? $"COCO_{subset}_{imageId:D12}.jpg" : null);
            return new VqaQuestion(entry.QuestionId!.Value, imageId, image, text, Listed(path, name, entry.Answer), entry.QuestionType, entry.AnswerType);
        });
    }

    private static List<VqaQuestion> Answered(string path)
    {
        if (AnnotationJson.IsArray(path))
            throw new AnnotationException($"{path}: the file is a list; VQA annotations are an object with 'annotations'. Give a list of BLIP's as questions.");
        var file = AnnotationJson.Load(path, AnnotationForms.Default.QuestionFile);
        return Read(path, "annotations", file.Annotations, (entry, name) =>
        {
            if (entry.Answers is not { Count: > 0 } people)
                throw Missing(path, name, "answers");
            var answers = people.Select((person, i) => person?.Answer ?? throw Missing(path, $"{name}.answers[{i}]", "answer")).ToList();
            return new VqaQuestion(entry.QuestionId!.Value, entry.ImageId ?? 0, null, entry.Question, answers, entry.QuestionType, entry.AnswerType);
        });
    }

    private static List<VqaQuestion> Read(string path, string place, List<QuestionEntry>? entries, Func<QuestionEntry, string, VqaQuestion> read)
    {
        if (entries is null)
            throw new AnnotationException($"{path}: there is no '{place}'.");
        if (entries.Count == 0)
            throw new AnnotationException($"{path}: {(place.Length == 0 ? "the list" : $"'{place}'")} is empty.");
        var seen = new HashSet<long>();
        var list = new List<VqaQuestion>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var name = $"{place}[{i}]";
            var id = entries[i]?.QuestionId ?? throw Missing(path, name, "question_id");
            if (!seen.Add(id))
                throw new AnnotationException($"{path}: {name} has the question_id {id} of an entry before it.");
            list.Add(read(entries[i], name));
        }
        return list;
    }

    private static List<VqaQuestion> Joined(List<VqaQuestion> asked, string questions, List<VqaQuestion> answered, string annotations)
    {
        var answers = answered.ToDictionary(question => question.Id);
        var joined = new List<VqaQuestion>(asked.Count);
        foreach (var question in asked)
        {
            if (!answers.Remove(question.Id, out var people))
                throw new AnnotationException($"{annotations}: there are no answers to question {question.Id} of {questions}: the files are of different sets.");
            joined.Add(question with { Answers = people.Answers, QuestionType = people.QuestionType, AnswerType = people.AnswerType });
        }
        return answers.Count == 0 ? joined
            : throw new AnnotationException($"{questions}: question {answers.Keys.First()} of {annotations} is not there, nor are {answers.Count - 1} more: the files are of different sets.");
    }

    // BLIP's lists: an answer or several, or none.
    private static List<string> Listed(string path, string name, JsonElement answer) => answer.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => [],
        JsonValueKind.String => [answer.GetString()!],
        JsonValueKind.Array when answer.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String) => [.. answer.EnumerateArray().Select(text => text.GetString()!)],
        _ => throw new AnnotationException($"{path}: {name}.answer is neither a text nor a list of texts."),
    };

    private static AnnotationException Missing(string path, string entry, string field) => new($"{path}: {entry} has no {field}.");
}
