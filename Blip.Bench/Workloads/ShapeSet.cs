using System.Globalization;
using System.Text.Json;
using Blip.Datasets.Shapes;
using Blip.Training;

namespace Blip.Bench.Workloads;

/// <summary>Drawn scenes as training data: with captions, with captions that differ in one detail, or with questions.</summary>
/// <param name="seed">Sets of different seeds have nothing to do with each other.</param>
/// <param name="scenes">The shapes and colours.</param>
internal sealed class ShapeSet(long seed, SceneOptions scenes)
{
    /// <summary>The seed of scenes that no training set is drawn with.</summary>
    public const long HeldOutSeed = 1_000_003;

    /// <summary>Scenes of a group that differ in one detail, told apart by a matcher that learns.</summary>
    public const int GroupSize = 4;

    /// <summary>Questions about a scene.</summary>
    public const int QuestionsOfScene = 3;

    private const ulong GroupPurpose = 3, QuestionPurpose = 4;
    private const int ShardSize = 1000;

    // How often each detail is the one that differs. Swaps and places are hard to learn, and are in scenes of two shapes alone.
    private static readonly WrongDetail[] OfTwo =
    [
        WrongDetail.Swap, WrongDetail.Swap, WrongDetail.Swap, WrongDetail.Place, WrongDetail.Place,
        WrongDetail.Shape, WrongDetail.Shape, WrongDetail.Color, WrongDetail.Size, WrongDetail.Background,
    ];

    private static readonly WrongDetail[] OfOne = [WrongDetail.Shape, WrongDetail.Color, WrongDetail.Size, WrongDetail.Background];

    // The demo checkpoints have neither the words nor the looks; they can say no caption of such a scene.
    private static readonly SceneOptions NewScenes = new() { Shapes = [Shape.Moon, Shape.Kite], Colors = Enum.GetValues<ShapeColor>() };

    private readonly SceneGenerator generator = new(seed, scenes);

    /// <summary>Scenes that the demo checkpoints know.</summary>
    public static ShapeSet Known(long seed) => new(seed, new SceneOptions());

    /// <summary>Scenes of shapes and colours that they do not know.</summary>
    public static ShapeSet Unknown(long seed) => new(seed, NewScenes);

    /// <summary>A scene that differs from another one, and its caption, in one detail.</summary>
    /// <param name="caption">The other scene's content.</param>
    /// <param name="detail">The detail.</param>
    /// <param name="index">Which draw.</param>
    public ShapeCaption Wrong(ShapeCaption caption, WrongDetail detail, long index) =>
        WrongCaption.Of(caption, detail, new SceneRandom(seed, GroupPurpose, index), scenes);

    /// <summary>A scene.</summary>
    public ShapeScene Scene(long index) => generator.Scene(index);

    /// <summary>The questions about a scene.</summary>
    public IReadOnlyList<ShapeQuestion> Questions(long index)
    {
        var random = new SceneRandom(seed, QuestionPurpose, index);
        return [.. Enumerable.Range(0, QuestionsOfScene).Select(_ => ShapeQuestion.About(Scene(index), random, scenes)).Distinct()];
    }

    /// <summary>Writes a task's data.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="task">The task.</param>
    /// <param name="count">Images.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>The arguments of <c>blip train</c>.</returns>
    public async Task<string> WriteAsync(string folder, TrainingTask task, int count, CancellationToken cancellationToken)
    {
        switch (task)
        {
            case TrainingTask.Caption or TrainingTask.Pretrain:
                return await WritePairsAsync(folder, Enumerable.Range(0, count).Select(i => Scene(i)), cancellationToken).ConfigureAwait(false);
            case TrainingTask.Match:
                return await WritePairsAsync(folder, Groups(count), cancellationToken).ConfigureAwait(false);
            case TrainingTask.Vqa:
                return WriteQuestions(folder, count, cancellationToken);
            default:
                throw new ArgumentOutOfRangeException(nameof(task), task, "There is no such task.");
        }
    }

    /// <summary>Writes images and the list of their captions that <c>blip eval</c> reads.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="count">Images.</param>
    /// <returns>The list.</returns>
    public string WriteAnnotations(string folder, int count)
    {
        SceneTars.Prepare(folder);
        var rows = Enumerable.Range(0, count).Select(i => new { image = WriteImage(folder, i), caption = new[] { ShapeCaption.Of(Scene(i)).Text } });
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

    // Each scene is followed by others that differ from it in one detail: the hard negatives of its batch.
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
                // A detail may be drawn twice; a caption stands once in its group.
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
