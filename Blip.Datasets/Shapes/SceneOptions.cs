namespace Blip.Datasets.Shapes;

/// <summary>The contents of scenes.</summary>
public sealed record SceneOptions
{
    /// <summary>Possible sides of the images in pixels; the defaults are the training's.</summary>
    public IReadOnlyList<int> Sides { get; init; } = [96, 160, 224];

    /// <summary>The share of scenes with one shape, from 0 to 1; the others have two.</summary>
    public double SingleShare { get; init; } = 0.35;

    /// <summary>The shapes; by default the six that the demo checkpoints know.</summary>
    public IReadOnlyList<Shape> Shapes { get; init; } =
        [Shape.Circle, Shape.Square, Shape.Triangle, Shape.Star, Shape.Cross, Shape.Ring];

    /// <summary>The colours of shapes; by default the eight that the demo checkpoints know.</summary>
    public IReadOnlyList<ShapeColor> Colors { get; init; } =
    [
        ShapeColor.Red, ShapeColor.Green, ShapeColor.Blue, ShapeColor.Yellow,
        ShapeColor.Purple, ShapeColor.Orange, ShapeColor.White, ShapeColor.Black,
    ];

    internal SceneOptions Validated()
    {
        if (Sides is not { Count: > 0 } || Sides.Any(side => side is < ShapeScene.LeastSide or > MostSide))
            throw new ArgumentException(
                $"Sides are {string.Join(", ", Sides ?? [])}; give one or more of {ShapeScene.LeastSide} to {MostSide} pixels.",
                nameof(Sides));
        if (SingleShare is not (>= 0 and <= 1))
            throw new ArgumentException($"SingleShare is {SingleShare}; give 0 to 1.", nameof(SingleShare));
        CheckWords(nameof(Shapes), Shapes);
        CheckWords(nameof(Colors), Colors);
        return this;
    }

    // A wrong detail needs another member.
    private static void CheckWords<T>(string name, IReadOnlyList<T> values)
        where T : struct, Enum
    {
        if (values is not { Count: > 1 } || values.Distinct().Count() != values.Count || !values.All(Enum.IsDefined))
        {
            throw new ArgumentException(
                $"{name} are {string.Join(", ", values ?? [])}; give two or more, each once, of {string.Join(", ", Enum.GetNames<T>())}.",
                    name);
        }
    }

    private const int MostSide = 4096;
}
