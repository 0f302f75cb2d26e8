namespace Blip.Evaluation;

/// <summary>Candidate answers: a JSON list, as BLIP's <c>answer_list.json</c>.</summary>
public static class AnswerList
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="AnnotationException">The file is unreadable or empty.</exception>
    public static IReadOnlyList<string> Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var answers = AnnotationJson.Load(path, AnnotationForms.Default.ListString);
        if (answers.Count == 0)
            throw new AnnotationException($"{path}: the list is empty.");
        if (answers.IndexOf(null!) is >= 0 and var index)
            throw new AnnotationException($"{path}: [{index}] is null.");
        return answers;
    }
}
