using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Blip.Datasets;
using Blip.Evaluation;

namespace Blip.Training.Data;

/// <summary>
/// Questions with answers: BLIP's lists (<c>image</c>, <c>question</c>, <c>answer</c> as a text or a list, and <c>dataset</c>), or the
/// official files of VQA v2.
/// </summary>
internal sealed partial class QuestionSource : ITrainingSource
{
    /// <summary>The authors' limit of words in a question.</summary>
    public const int DefaultMaxWords = 50;

    // Visual Genome has one answer a question, with this weight: the authors' data/vqa_dataset.py.
    private const string VisualGenome = "vg";
    private const double VisualGenomeWeight = 0.2;

    private readonly Func<int, CancellationToken, IAsyncEnumerable<TrainingSample>> read;

    private QuestionSource(IReadOnlyList<string> parts, Func<int, CancellationToken, IAsyncEnumerable<TrainingSample>> read) =>
        (Parts, this.read) = (parts, read);

    /// <inheritdoc/>
    public IReadOnlyList<string> Parts { get; }

    /// <summary>
    /// Opens BLIP's lists: JSON arrays, or JSON Lines. Image paths are relative to <paramref name="imageRoot"/>, by default the list's
    /// folder.
    /// </summary>
    /// <exception cref="DatasetException">A file is missing or no list.</exception>
    public static QuestionSource FromLists(IEnumerable<string> files, string? imageRoot = null, int maxWords = DefaultMaxWords)
    {
        var options = new DatasetOptions { Format = "json", TextColumn = "question", ImageRoot = imageRoot, ShardSize = 1 << 30 };
        var shards = Dataset.Open(files, options);
        return new QuestionSource([.. shards.Select(shard => shard.Name)], (part, token) => ReadListAsync(shards[part], maxWords, token));
    }

    /// <summary>Opens the official files of VQA v2.</summary>
    /// <exception cref="AnnotationException">A file cannot be read, or the two files have different questions.</exception>
    public static QuestionSource FromVqa(string questions, string annotations, string images, int maxWords = DefaultMaxWords)
    {
        var (data, folder) = (VqaDataset.Load(questions, annotations), new ImageFolder(images));
        var samples = data.Questions.Select(question => Sample(question, folder, maxWords));
        return new QuestionSource([questions], (_, _) => samples.ToAsyncEnumerable());
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<TrainingSample> ReadAsync(int part, CancellationToken cancellationToken) => read(part, cancellationToken);

    /// <summary>Cleans a question as the authors do: lower case, some marks removed, at most <paramref name="maxWords"/> words.</summary>
    internal static string Clean(string question, int maxWords)
    {
        var words = Marks().Replace(question.ToLowerInvariant(), "").TrimEnd(' ').Split(' ');
        return string.Join(' ', words.Length > maxWords ? words[..maxWords] : words);
    }

    /// <summary>The distinct answers in order of first occurrence, each with the share of people who gave it.</summary>
    internal static IReadOnlyList<WeightedAnswer> Weigh(IReadOnlyList<string> answers) =>
        [.. answers.CountBy(answer => answer).Select(pair => new WeightedAnswer(pair.Key, pair.Value / (double)answers.Count))];

    private static async IAsyncEnumerable<TrainingSample> ReadListAsync(
        IDatasetShard shard, int maxWords, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var sample in shard.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var (people, error) = Answers(sample.Fields);
            var texts = sample.Texts.Select(text => Clean(text, maxWords));
            yield return new TrainingSample(sample.Key, sample.Image, [.. texts], Weigh(people, sample.Fields), sample.Error ?? error)
            {
                People = people,
                CountShortened = () => sample.Texts.Count(text => Clean(text, int.MaxValue).Length > Clean(text, maxWords).Length),
            };
        }
    }

    private static (IReadOnlyList<string> Answers, string? Error) Answers(JsonObject? fields)
    {
        List<string> texts = [];
        foreach (var one in fields?["answer"] is JsonArray list ? list.AsEnumerable() : [fields?["answer"]])
        {
            if (one is not JsonValue value || !value.TryGetValue<string>(out var text) || string.IsNullOrWhiteSpace(text))
                return ([], "Its 'answer' is neither a text nor a list of texts.");
            texts.Add(text.Trim());
        }
        return texts.Count > 0 ? (texts, null) : ([], "Its 'answer' is an empty list.");
    }

    private static IReadOnlyList<WeightedAnswer> Weigh(IReadOnlyList<string> people, JsonObject? fields)
    {
        var isGenome = fields?["dataset"] is JsonValue dataset && dataset.TryGetValue<string>(out var name) && name == VisualGenome;
        return isGenome ? [.. people.Select(text => new WeightedAnswer(text, VisualGenomeWeight))] : Weigh(people);
    }

    private static TrainingSample Sample(VqaQuestion question, ImageFolder folder, int maxWords)
    {
        var path = folder.Find(question.FileName, question.ImageId, out var objection);
        objection ??= question.Answers.Count == 0 ? "nobody answered it" : null;
        return new TrainingSample(
            $"{question.Id}",
            path is null ? null : SampleImage.FromFile(path),
            question.Text is { } text ? [Clean(text, maxWords)] : [],
            Weigh(question.Answers),
            objection is null ? null : $"{question.FileName ?? $"image {question.ImageId}"}: {objection}.")
        {
            People = question.Answers,
        };
    }

    [GeneratedRegex("""[.!"()*#:;~]""")]
    private static partial Regex Marks();
}
