namespace Blip.Datasets.Shapes;

/// <summary>A caption's words for one shape.</summary>
/// <param name="Size">Its size.</param>
/// <param name="Color">Its colour.</param>
/// <param name="Shape">Its shape.</param>
public readonly record struct ShapePhrase(ShapeSize Size, ShapeColor Color, Shape Shape)
{
    /// <summary>The words: "a small red circle".</summary>
    public override string ToString() => $"a {ShapeWords.Word(Size)} {ShapeWords.Word(Color)} {ShapeWords.Word(Shape)}";
}

/// <summary>
/// A sentence about a scene, in the demo checkpoints' language: "a small red circle left of a large blue star on a gray background". A
/// detail is wrong when one member is replaced.
/// </summary>
/// <param name="First">The only, left or upper shape.</param>
/// <param name="Second">The right or lower shape; null for one shape.</param>
/// <param name="Place">The first shape's place relative to the second; null for one shape.</param>
/// <param name="Background">The background.</param>
public sealed record ShapeCaption(ShapePhrase First, ShapePhrase? Second, ShapePlace? Place, SceneBackground Background)
{
    /// <summary>The sentence in lower case, without a full stop.</summary>
    public string Text
    {
        get
        {
            var shapes = (Second, Place) is ({ } second, { } place) ? $"{First} {ShapeWords.Word(place)} {second}" : First.ToString();
            return $"{shapes} on a {ShapeWords.Word(Background)} background";
        }
    }

    /// <summary>A scene's true sentence.</summary>
    public static ShapeCaption Of(ShapeScene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        return new ShapeCaption(
            Phrase(scene.Items[0]), scene.Items.Count > 1 ? Phrase(scene.Items[1]) : null, scene.Place, scene.Background);
    }

    /// <summary>The <see cref="Text"/>.</summary>
    public override string ToString() => Text;

    private static ShapePhrase Phrase(ShapeItem item) => new(item.Size, item.Color, item.Shape);
}
