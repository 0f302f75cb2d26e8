using System.Globalization;
using System.Text.Json;
using Blip.Datasets.Shapes;
using Blip.Training;

namespace Blip.Bench.Workloads;

/// <summary>Drawn scenes as training data: with captions, with captions that differ in one detail, or with questions.</summary>
/// <param name="seed">Different seeds give unrelated sets.</param>
/// <param name="scenes">The shapes and colours.</param>
internal sealed class ShapeSet(long seed, SceneOptions scenes)
{
    /// <summary>The seed of held-out scenes.</summary>
    public const long HeldOutSeed = 1_000_003;

    /// <summary>Scenes per group, which differ in one detail that a matcher learns.</summary>
    public const int GroupSize = 4;

    /// <summary>Questions per scene.</summary>
    public const int QuestionsOfScene = 3;

    private const ulong GroupPurpose = 3, QuestionPurpose = 4;
    private const int ShardSize = 1000;

    // The frequency of each differing detail. Swaps and places are hard to learn and need two shapes.
    private static readonly WrongDetail[] OfTwo =
    [
        WrongDetail.Swap, WrongDetail.Swap, WrongDetail.Swap, WrongDetail.Place, WrongDetail.Place,
        WrongDetail.Shape, WrongDetail.Shape, WrongDetail.Color, WrongDetail.Size, WrongDetail.Background,
    ];

    private static readonly WrongDetail[] OfOne = [WrongDetail.Shape, WrongDetail.Color, WrongDetail.Size, WrongDetail.Background];

    // The demo checkpoints know neither their words nor looks, and cannot caption such scenes.
    private static readonly SceneOptions NewScenes = new() { Shapes = [Shape.Moon, Shape.Kite], Colors = Enum.GetValues<ShapeColor>() };

    private readonly SceneGenerator generator = new(seed, scenes);

    /// <summary>Scenes that the demo checkpoints know.</summary>
    public static ShapeSet Known(long seed) => new(seed, new SceneOptions());

    /// <summary>Scenes of unknown shapes and colours.</summary>
    public static ShapeSet Unknown(long seed) => new(seed, NewScenes);

    /// <summary>A scene's caption with one detail changed.</summary>
    /// <param name="caption">The scene's caption.</param>
    /// <param name="detail">The detail.</param>
    /// <param name="index">The draw.</param>
    public ShapeCaption Wrong(ShapeCaption caption, WrongDetail detail, long index) =>
        WrongCaption.Of(caption, detail, new SceneRandom(seed, GroupPurpose, index), scenes);

    public ShapeScene Scene(long index) => generator.Scene(index);

    public IReadOnlyList<ShapeQuestion> Questions(long index)
    {
        var random = new SceneRandom(seed, QuestionPurpose, index);
        return [.. Enumerable.Range(0, QuestionsOfScene).Select(_ => ShapeQuestion.About(Scene(index), random, scenes)).Distinct()];
    }

    /// <summary>Writes a task's data to an empty folder.</summary>
    /// <returns>The arguments of <c>blip train</c>.</returns>
    public async Task<string> WriteAsync(string folder, TrainingTask task, int count, CancellationToken cancellationToken)
    {
        switch (task)
        {
            case TrainingTask.Caption or TrainingTask.Pretrain:
                return await WritePairsAsync(folder, Enumerable.Range(0, count).Select(i => Scene(i)), cancellationToken)
                    .ConfigureAwait(false);
            case TrainingTask.Match:
                return await WritePairsAsync(folder, Groups(count), cancellationToken).ConfigureAwait(false);
            case TrainingTask.Vqa:
                return WriteQuestions(folder, count, cancellationToken);
            default:
                throw new ArgumentOutOfRangeException(nameof(task), task, "There is no such task.");
        }
    }

    /// <summary>Writes images and their captions for <c>blip eval</c>.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="count">Images.</param>
    /// <returns>The list of captions.</returns>
    public string WriteAnnotations(string folder, int count)
    {
        SceneTars.Prepare(folder);
        var rows = Enumerable.Range(0, count)
            .Select(i => new { image = WriteImage(folder, i), caption = new[] { ShapeCaption.Of(Scene(i)).Text } });
        var list = Path.Combine(folder, "captions.json");
        File.WriteAllBytes(list, JsonSerializer.SerializeToUtf8Bytes(rows.ToList()));
        return list;
    }

    private string WriteImage(string folder, int index)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{index:D5}.png");
        File.WriteAllBytes(Path.Combine(folder, name), SceneRenderer.RenderPng(Scene(index)));
        return name;
    }

    // Scenes that differ in one detail follow each scene: hard negatives in its batch.
    private IEnumerable<ShapeScene> Groups(int count)
    {
        for (var first = 0; first < count; first += GroupSize)
        {
            var scene = Scene(first);
            yield return scene;
            var (caption, random) = (ShapeCaption.Of(scene), new SceneRandom(seed, GroupPurpose, first));
            var seen = new HashSet<string> { caption.Text };
            while (seen.Count < Math.Min(GroupSize, count - first))
            {
                var other = WrongCaption.Of(caption, random.Any(caption.Second is null ? OfOne : OfTwo), random, scenes);
                // A detail may repeat, a caption not.
                if (seen.Add(other.Text))
                    yield return SceneGenerator.Of(other, random, scene.Side);
            }
        }
    }

    private static async Task<string> WritePairsAsync(string folder, IEnumerable<ShapeScene> drawn, CancellationToken cancellationToken)
    {
        var scenes = drawn.Select(scene => new WrittenScene(scene, ShapeCaption.Of(scene).Text));
        await SceneTars.WriteAsync(folder, scenes, ShardSize, progress: null, cancellationToken).ConfigureAwait(false);
        return folder;
    }

    private string WriteQuestions(string folder, int count, CancellationToken cancellationToken)
    {
        SceneTars.Prepare(folder);
        var rows = new List<object>();
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = WriteImage(folder, i);
            rows.AddRange(Questions(i).Select(asked => new { image = name, question = asked.Text, answer = new[] { asked.Answer } }));
        }
        var list = Path.Combine(folder, "questions.json");
        File.WriteAllBytes(list, JsonSerializer.SerializeToUtf8Bytes(rows));
        return list;
    }
}
