namespace Blip.Datasets.Shapes;

/// <summary>What scenes are drawn.</summary>
public sealed record SceneOptions
{
    /// <summary>Sides of the images in pixels, one of which is drawn for each scene; the defaults are the training's.</summary>
    public IReadOnlyList<int> Sides { get; init; } = [96, 160, 224];

    /// <summary>The share of scenes with one shape, from 0 to 1; the others have two.</summary>
    public double SingleShare { get; init; } = 0.35;

    /// <summary>These options, once they are checked.</summary>
    /// <exception cref="ArgumentException">One is out of range.</exception>
    internal SceneOptions Validated()
    {
        if (Sides is not { Count: > 0 } || Sides.Any(side => side is < ShapeScene.LeastSide or > MostSide))
            throw new ArgumentException(
                $"Sides are {string.Join(", ", Sides ?? [])}; give one or more of {ShapeScene.LeastSide} to {MostSide} pixels.",
                nameof(Sides));
        if (SingleShare is not (>= 0 and <= 1))
            throw new ArgumentException($"SingleShare is {SingleShare}; give 0 to 1.", nameof(SingleShare));
        return this;
    }

    private const int MostSide = 4096;
}
