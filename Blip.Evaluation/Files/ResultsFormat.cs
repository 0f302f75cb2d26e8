using System.Text.Json;

namespace Blip.Evaluation;

/// <summary>A kind of COCO results: an array of objects with a number and a text.</summary>
public sealed record ResultsFormat
{
    private ResultsFormat(string idName, string textName) => (IdName, TextName) = (idName, textName);

    /// <summary><c>[{"image_id": 42, "caption": "…"}]</c>.</summary>
    public static ResultsFormat Captions { get; } = new("image_id", "caption");

    /// <summary><c>[{"question_id": 42, "answer": "…"}]</c>.</summary>
    public static ResultsFormat Answers { get; } = new("question_id", "answer");

    /// <summary>The name of the number.</summary>
    public string IdName { get; }

    /// <summary>The name of the text.</summary>
    public string TextName { get; }

    /// <summary>Reads a results file.</summary>
    /// <returns>From number to text.</returns>
    /// <exception cref="AnnotationException">The file cannot be read, an entry lacks something, or two entries have one number.</exception>
    public IReadOnlyDictionary<long, string> Load(string path)
    {
        if (!AnnotationJson.IsArray(path))
            throw new AnnotationException($"{path}: the file is no array; results are [{{\"{IdName}\": …, \"{TextName}\": …}}, …].");
        var entries = AnnotationJson.Load(path, AnnotationForms.Default.ListResultEntry);
        var results = new Dictionary<long, string>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var (id, text) = Read(entries[i]) ?? throw Missing(path, i, entries[i]);
            if (!results.TryAdd(id, text))
                throw new AnnotationException($"{path}: [{i}] has the {IdName} {id} of an entry before it.");
        }
        return results;
    }

    /// <summary>One entry's number and text; null where it lacks one.</summary>
    internal (long Id, string Text)? Read(ResultEntry? entry)
    {
        var (id, text) = this == Captions ? (entry?.ImageId, entry?.Caption) : (entry?.QuestionId, entry?.Answer);
        return id is { } number && text is not null ? (number, text) : null;
    }

    /// <summary>One entry as a line of JSON.</summary>
    internal void Write(Utf8JsonWriter json, long id, string text)
    {
        json.WriteStartObject();
        json.WriteNumber(IdName, id);
        json.WriteString(TextName, text);
        json.WriteEndObject();
    }

    private AnnotationException Missing(string path, int index, ResultEntry? entry)
    {
        var id = this == Captions ? entry?.ImageId : entry?.QuestionId;
        return new AnnotationException($"{path}: [{index}] has no {(id is null ? IdName : TextName)}.");
    }
}

/// <summary>An entry of either kind.</summary>
internal sealed class ResultEntry
{
    public long? ImageId { get; set; }

    public string? Caption { get; set; }

    public long? QuestionId { get; set; }

    public string? Answer { get; set; }
}
