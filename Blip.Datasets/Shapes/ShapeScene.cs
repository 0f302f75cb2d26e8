namespace Blip.Datasets.Shapes;

/// <summary>A scene of the demo checkpoints' world: one or two shapes on a plain background.</summary>
public sealed record ShapeScene
{
    /// <summary>A scene.</summary>
    /// <param name="background">The background.</param>
    /// <param name="items">One shape, or two, of which the left or upper one comes first.</param>
    /// <param name="place">The first shape's place relative to the second; null for one shape.</param>
    /// <param name="side">The image's side in pixels, at least 16.</param>
    /// <exception cref="ArgumentException">The number of shapes is not 1 or 2, or does not fit the place.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is too small.</exception>
    public ShapeScene(SceneBackground background, IReadOnlyList<ShapeItem> items, ShapePlace? place, int side)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, LeastSide);
        if (items.Count is < 1 or > 2)
            throw new ArgumentException($"A scene of {items.Count} shapes has no caption; give one shape or two.", nameof(items));
        if (place is not null != (items.Count == 2))
            throw new ArgumentException(
                "A place tells how two shapes lie to each other: give it with two shapes, and only then.", nameof(place));
        (Background, Items, Place, Side) = (background, [.. items], place, side);
    }

    /// <summary>The smallest side in pixels.</summary>
    public const int LeastSide = 16;

    /// <summary>The background.</summary>
    public SceneBackground Background { get; }

    /// <summary>The shapes in the caption's order.</summary>
    public IReadOnlyList<ShapeItem> Items { get; }

    /// <summary>The first shape's place relative to the second; null for one shape.</summary>
    public ShapePlace? Place { get; }

    /// <summary>The image's side in pixels.</summary>
    public int Side { get; }
}
