namespace Blip.Datasets.Shapes;

internal enum QuestionKind
{
    Background,

    Count,

    Color,

    Size,

    /// <summary>Whether a shape is there; "yes" and "no" are equally likely.</summary>
    There,
}

/// <summary>A question about a scene with its answer, in the demo answerer's language.</summary>
internal sealed record ShapeQuestion(QuestionKind Kind, string Text, string Answer)
{
    /// <summary>Asks a question. Colour and size need a shape that occurs once.</summary>
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
        // If the options' shapes are all there, "no" takes one of the demo's.
        Shape[] absent = [.. options.Shapes.Where(shape => scene.Items.All(item => item.Shape != shape))];
        var asked = isThere ? present : random.Any(absent.Length > 0 ? absent : new SceneOptions().Shapes);
        return new(QuestionKind.There, $"is there a {ShapeWords.Word(asked)}?", isThere ? "yes" : "no");
    }
}
