using System.Globalization;
using Blip.Datasets.Shapes;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Pipelines;
using Blip.Training;

namespace Blip.Bench.Workloads;

/// <summary>A count of right answers.</summary>
/// <param name="What">The question.</param>
/// <param name="Right">Right answers.</param>
/// <param name="Count">All answers.</param>
internal sealed record ShapeScore(string What, int Right, int Count)
{
    // Captioners spell unknown words, a letter per token.
    private const int MostTokens = 60, BatchSize = 16;

    /// <summary>The name of the total.</summary>
    public const string Total = "all";

    public double Share => (double)Right / Count;

    /// <summary>Prints a column per model.</summary>
    public static void Print(TextWriter output, IReadOnlyList<string> names, IReadOnlyList<IReadOnlyList<ShapeScore>> scores)
    {
        output.WriteLine($"| right, % of held-out scenes | count | {string.Join(" | ", names)} |");
        output.WriteLine($"|---|---|{string.Concat(names.Select(_ => "---|"))}");
        foreach (var (i, row) in scores[0].Index())
        {
            var cells = scores.Select(score => (100 * score[i].Share).ToString("F1", CultureInfo.InvariantCulture));
            output.WriteLine($"| {row.What} | {row.Count} | {string.Join(" | ", cells)} |");
        }
    }

    /// <summary>Scores a model on scenes that no training set of another seed holds.</summary>
    /// <returns>A line per kind, then <see cref="Total"/>.</returns>
    public static async Task<IReadOnlyList<ShapeScore>> MeasureAsync(
        string model, TrainingTask task, ShapeSet set, int count, string device, CancellationToken cancellationToken) => task switch
        {
            TrainingTask.Caption => await CaptionsAsync(model, set, count, device, cancellationToken).ConfigureAwait(false),
            TrainingTask.Match => await MatchesAsync(model, set, count, device, cancellationToken).ConfigureAwait(false),
            TrainingTask.Vqa => await AnswersAsync(model, set, count, device, cancellationToken).ConfigureAwait(false),
            _ => throw new ArgumentOutOfRangeException(nameof(task), task, "Nothing of this task is scored on scenes."),
        };

    private static async Task<IReadOnlyList<ShapeScore>> CaptionsAsync(
        string model, ShapeSet set, int count, string device, CancellationToken cancellationToken)
    {
        using var captioner = Captioner.Load(model, new CaptionerOptions { Device = device, BatchSize = BatchSize });
        var options = new CaptionOptions { Generation = new GenerationOptions { MaxLength = MostTokens } };
        var (right, at) = (new List<(string, bool)>(), 0);
        await foreach (var result in captioner.CaptionAllAsync(Images(set, count), options, cancellationToken).ConfigureAwait(false))
        {
            var scene = set.Scene(at++);
            right.Add((scene.Items.Count == 1 ? "one shape" : "two shapes", result.Caption?.Text == ShapeCaption.Of(scene).Text));
        }
        return Of(right);
    }

    // Each scene's right caption, and one with a wrong detail; the details take turns.
    private static async Task<IReadOnlyList<ShapeScore>> MatchesAsync(
        string model, ShapeSet set, int count, string device, CancellationToken cancellationToken)
    {
        using var matcher = Matcher.Load(model, new MatcherOptions { Device = device });
        var right = new List<(string, bool)>();
        for (var i = 0; i < count; i++)
        {
            var (caption, details) = (ShapeCaption.Of(set.Scene(i)), Enum.GetValues<WrongDetail>());
            var detail = details[i % details.Length];
            if (caption.Second is null && detail is WrongDetail.Place or WrongDetail.Swap)
                continue;
            var wrong = set.Wrong(caption, detail, i);
            var image = ImageSource.FromPixels(SceneRenderer.Render(set.Scene(i)));
            var found = await matcher.MatchAsync(image, [caption.Text, wrong.Text], cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            right.Add(("right", found[0].MatchProbability >= BootstrapQuality.LeastProbability));
            right.Add(($"wrong {detail}".ToLowerInvariant(), found[1].MatchProbability < BootstrapQuality.LeastProbability));
        }
        return Of(right);
    }

    private static async Task<IReadOnlyList<ShapeScore>> AnswersAsync(
        string model, ShapeSet set, int count, string device, CancellationToken cancellationToken)
    {
        using var answerer = QuestionAnswerer.Load(model, new QuestionAnswererOptions { Device = device, BatchSize = BatchSize });
        var (right, at) = (new List<(string, bool)>(), 0);
        var questions = Images(set, count).Select((image, i) => new ImageText(image, set.Questions(i)[0].Text)).ToAsyncEnumerable();
        await foreach (var result in answerer.AnswerAllAsync(questions, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            var asked = set.Questions(at++)[0];
            var kind = asked.Kind == QuestionKind.There ? $"there: {asked.Answer}" : asked.Kind.ToString().ToLowerInvariant();
            right.Add((kind, result.Answer?.Text == asked.Answer));
        }
        return Of(right);
    }

    private static IEnumerable<ImageSource> Images(ShapeSet set, int count) =>
        Enumerable.Range(0, count).Select(i => ImageSource.FromPixels(SceneRenderer.Render(set.Scene(i))));

    private static List<ShapeScore> Of(List<(string What, bool IsRight)> answers) =>
    [
        .. answers.GroupBy(one => one.What).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new ShapeScore(group.Key, group.Count(one => one.IsRight), group.Count())),
        new ShapeScore(Total, answers.Count(one => one.IsRight), answers.Count),
    ];
}
