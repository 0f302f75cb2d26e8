using Blip.Bench.Measuring;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Bench.Workloads;

/// <summary>
/// A synthetic model's matching, embedding and answering on one device in one precision. Models are loaded for their first case.
/// </summary>
internal sealed class UnderstandingCases(ModelSource source, string device, Precision precision) : IDisposable
{
    /// <summary>Texts or questions about an image, or images with one each.</summary>
    public const int Many = 20;

    /// <summary>Tokens per text and question, including [CLS] and [SEP].</summary>
    public const int TextTokens = 12;

    /// <summary>Tokens per answer: a word or two, and the stop token.</summary>
    public const int AnswerTokens = 3;

    private readonly UnderstandingCost cost = new(source.Config, precision, precision.ForEncoder());
    private readonly Lazy<UnderstandingWorks> works =
        new(() => new UnderstandingWorks(source, new ModelOptions { Precision = precision }, device));
    private readonly Dictionary<int, float[]> pixels = [];

    // Answering needs towers of one width.
    private bool HasAnswers => source.Config.Fits(BlipHead.VisualQuestionAnswering);

    /// <summary>One image: its vector, and many texts and questions; and texts' vectors.</summary>
    public IEnumerable<BenchCase> OneImage()
    {
        var texts = Texts(source.Config, Many);
        yield return Case("embedding an image", 1, 1, cost.EmbedImages(1), works => works.EmbedImages(), IsUnit);
        yield return Case($"embedding {Many} texts", 1, Many, cost.EmbedTexts(Many, TextTokens), works => works.EmbedTexts(texts), IsUnit);
        yield return Case(
            $"matching an image with {Many} texts", 1, Many, cost.Match(1, Many, TextTokens), works => works.Match(texts), logits =>
                logits.All(float.IsFinite));
        if (HasAnswers)
            yield return Answering($"answering {Many} questions about an image", 1, texts);
    }

    /// <summary>Many images with a text or question each, where no image is shared.</summary>
    public IEnumerable<BenchCase> ManyImages()
    {
        var texts = Texts(source.Config, Many);
        yield return Case(
            $"matching {Many} images with a text each", Many, Many, cost.Match(Many, Many, TextTokens), works =>
                works.Match(texts), logits => logits.All(float.IsFinite));
        if (HasAnswers)
            yield return Answering($"answering a question about each of {Many} images", Many, texts);
    }

    /// <summary>Different texts of one length.</summary>
    public static int[][] Texts(BlipConfig config, int count) =>
    [
        .. Enumerable.Range(0, count).Select(text => (int[])
            [1, .. Enumerable.Range(0, TextTokens - 2)
                .Select(i => 2 + ((1000 + (131 * text) + (37 * i)) % (config.Text.VocabularySize - 4))), config.Text.SepTokenId]),
    ];

    /// <inheritdoc/>
    public void Dispose()
    {
        if (works.IsValueCreated)
            works.Value.Dispose();
    }

    private BenchCase Answering(string work, int images, int[][] questions)
    {
        int[][] said = [];
        return Case(work, images, questions.Length, cost.Answer(images, questions.Length, TextTokens, AnswerTokens),
            works => said = works.Answer(questions, AnswerTokens), _ =>
            said.Length == questions.Length && said.All(answer => answer.Length == AnswerTokens));
    }

    private BenchCase Case<T>(string work, int images, int items, Cost cost, Func<UnderstandingWorks, T> run, Func<T, bool> isRight) =>
        new($"{ModelCases.Name(source)}: {work}", device, () =>
        {
            works.Value.SetPixels(Pixels(images), images);
            T? answer = default;
            return new PreparedCase
            {
                Run = () => answer = run(works.Value),
                Verify = () => PreparedCase.Exact(isRight(answer!)),
                Flops = cost.Flops,
                Bytes = cost.Bytes,
                Items = items,
            };
        })
        {
            Precision = precision.ToString().ToLowerInvariant(),
        };

    private bool IsUnit(float[] vectors) =>
        vectors.Chunk(source.Config.ImageTextHiddenSize).All(vector => Math.Abs(vector.Sum(value => (double)value * value) - 1) < 1e-3);

    private float[] Pixels(int images)
    {
        if (!pixels.TryGetValue(images, out var values))
        {
            var random = new Random(1);
            var side = source.Config.Vision.ImageSize;
            pixels.Add(images, values = [.. Enumerable.Range(0, images * 3 * side * side).Select(_ => (random.NextSingle() * 4) - 2)]);
        }
        return values;
    }
}
