namespace Blip.Datasets.Shapes;

/// <summary>The kinds of questions about a scene.</summary>
internal enum QuestionKind
{
    /// <summary>The background's colour.</summary>
    Background,

    /// <summary>How many shapes there are.</summary>
    Count,

    /// <summary>A shape's colour.</summary>
    Color,

    /// <summary>A shape's size.</summary>
    Size,

    /// <summary>Whether a shape is there; "yes" as often as "no".</summary>
    There,
}

/// <summary>A question about a scene, in the words of the demo answerer, with its answer.</summary>
/// <param name="Kind">The kind of question.</param>
/// <param name="Text">The question.</param>
/// <param name="Answer">The answer.</param>
internal sealed record ShapeQuestion(QuestionKind Kind, string Text, string Answer)
{
    /// <summary>Asks something. Colour and size are asked of a shape that is there once.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="random">The source of the question.</param>
    /// <param name="options">The shapes that can be asked for.</param>
    public static ShapeQuestion About(ShapeScene scene, SceneRandom random, SceneOptions options)
    {
        var item = random.Any(scene.Items);
        var isOnce = scene.Items.Count(other => other.Shape == item.Shape) == 1;
        var kinds = Enum.GetValues<QuestionKind>().Where(kind => isOnce || kind is not (QuestionKind.Color or QuestionKind.Size)).ToList();
        var kind = random.Any(kinds);
        var shape = ShapeWords.Word(item.Shape);
        return kind switch
        {
            QuestionKind.Background => new(kind, "what color is the background?", ShapeWords.Word(scene.Background)),
            QuestionKind.Count => new(kind, "how many shapes are there?", scene.Items.Count == 1 ? "one" : "two"),
            QuestionKind.Color => new(kind, $"what color is the {shape}?", ShapeWords.Word(item.Color)),
            QuestionKind.Size => new(kind, $"is the {shape} small or large?", ShapeWords.Word(item.Size)),
            QuestionKind.There => There(scene, item.Shape, random, options),
            _ => throw new ArgumentOutOfRangeException(nameof(scene), kind, "There is no such kind of question."),
        };
    }

    private static ShapeQuestion There(ShapeScene scene, Shape present, SceneRandom random, SceneOptions options)
    {
        var isThere = random.Below(2) == 1;
        // Two shapes of a world of two are both there: the demo's are asked for then.
        Shape[] absent = [.. options.Shapes.Where(shape => scene.Items.All(item => item.Shape != shape))];
        var asked = isThere ? present : random.Any(absent.Length > 0 ? absent : new SceneOptions().Shapes);
        return new(QuestionKind.There, $"is there a {ShapeWords.Word(asked)}?", isThere ? "yes" : "no");
    }
}
