using System.Text.Json;

namespace Blip.Evaluation;

/// <summary>A format of results: an array of objects with an id and a text.</summary>
public sealed record ResultsFormat
{
    private ResultsFormat(string idName, string textName) => (IdName, TextName) = (idName, textName);

    /// <summary><c>[{"image_id": 42, "caption": "…"}]</c>.</summary>
    public static ResultsFormat Captions { get; } = new("image_id", "caption");

    /// <summary><c>[{"question_id": 42, "answer": "…"}]</c>.</summary>
    public static ResultsFormat Answers { get; } = new("question_id", "answer");

    /// <summary><c>[{"image": "VizWiz_test_00000042.jpg", "answer": "…"}]</c>: VizWiz, with one question per image.</summary>
    public static ResultsFormat ImageAnswers { get; } = new("image", "answer");

    /// <summary><c>[{"pair_id": 42, "prediction": "True"}]</c>: NLVR2's sentences about two images.</summary>
    public static ResultsFormat Predictions { get; } = new("pair_id", "prediction");

    /// <summary><see cref="Predictions"/> of a true and a false sentence.</summary>
    public const string TrueText = "True", FalseText = "False";

    /// <summary>The id's field.</summary>
    public string IdName { get; }

    /// <summary>The text's field.</summary>
    public string TextName { get; }

    /// <summary>Reads a results file.</summary>
    /// <returns>The text of each id.</returns>
    /// <exception cref="AnnotationException">The file is unreadable, an entry incomplete, or an id used twice.</exception>
    public IReadOnlyDictionary<EntryId, string> Load(string path)
    {
        if (!AnnotationJson.IsArray(path))
            throw new AnnotationException($"{path}: the file is no array; results are [{{\"{IdName}\": …, \"{TextName}\": …}}, …].");
        var entries = AnnotationJson.Load(path, AnnotationForms.Default.ListResultEntry);
        var results = new Dictionary<EntryId, string>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var (id, text) = Read(entries[i]) ?? throw Missing(path, i, entries[i]);
            Add(results, id, text, path, i);
        }
        return results;
    }

    /// <summary>An entry's id and text; null if either is missing.</summary>
    internal (EntryId Id, string Text)? Read(ResultEntry? entry) =>
        IdOf(entry) is { } id && TextOf(entry) is { } text ? (id, text) : null;

    internal EntryId? IdOf(ResultEntry? entry) =>
        this == Captions ? entry?.ImageId
        : this == Answers ? entry?.QuestionId
        : this == Predictions ? entry?.PairId
        : entry?.Image is { } image ? new EntryId(image) : null;

    /// <summary>An entry's text, the first of several; null if missing.</summary>
    internal string? TextOf(ResultEntry? entry) => this == Captions
        ? entry?.Caption ?? entry?.Captions?.FirstOrDefault()?.Caption
        : this == Predictions
        ? entry?.Prediction ?? (entry?.ProbabilityTrue is { } probability ? probability > 0.5 ? TrueText : FalseText : null)
        : entry?.Answer ?? entry?.Answers?.FirstOrDefault()?.Answer;

    /// <exception cref="AnnotationException">The id is taken.</exception>
    internal void Add(Dictionary<EntryId, string> results, EntryId id, string text, string path, int index)
    {
        if (!results.TryAdd(id, text))
            throw new AnnotationException($"{path}: [{index}] has the {IdName} {id} of an entry before it.");
    }

    internal void Write(Utf8JsonWriter json, EntryId id, string text)
    {
        json.WriteStartObject();
        id.Write(json, IdName);
        json.WriteString(TextName, text);
        json.WriteEndObject();
    }

    internal AnnotationException Missing(string path, int index, ResultEntry? entry) =>
        new($"{path}: [{index}] has no {(IdOf(entry) is null ? IdName : TextName)}.");
}

/// <summary>An entry of any format, or a JSON record of <c>blip caption</c>, <c>blip ask</c> and <c>blip compare</c>.</summary>
internal sealed class ResultEntry
{
    public EntryId? ImageId { get; set; }

    public string? Caption { get; set; }

    public EntryId? QuestionId { get; set; }

    public string? Answer { get; set; }

    public string? Image { get; set; }

    public string? Path { get; set; }

    public string? Question { get; set; }

    public EntryId? PairId { get; set; }

    public string? Prediction { get; set; }

    public double? ProbabilityTrue { get; set; }

    public string? Left { get; set; }

    public string? Right { get; set; }

    public string? Sentence { get; set; }

    public string? Error { get; set; }

    public List<ResultEntry>? Captions { get; set; }

    public List<ResultEntry>? Answers { get; set; }
}
